// The tunnel on Setup: chosen, started, tested, stopped, and what it says when it does not come up.
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, Studio, test as base } from '../fixtures/studio';

const stands = resolve(import.meta.dirname, '../../src/tests');

/** A stand-in for a tunnel program, which behaves as the mode in its name says. */
function standIn(folder: string, program: string, mode: string): string {
  const link = join(folder, `${program}-${mode}`);
  if (!existsSync(link)) symlinkSync(join(stands, `fake_${program}.py`), link);
  return link;
}

async function studioWith(ngrok: string, cloudflared: string): Promise<Studio> {
  const folder = mkdtempSync(join(tmpdir(), 'tunnel-'));
  const variables = { NGROK_BIN: standIn(folder, 'ngrok', ngrok), CLOUDFLARED_BIN: standIn(folder, 'cloudflared', cloudflared) };
  return new Studio(variables).start();
}

const test = base.extend<object, { tunnelled: Studio; refused: Studio }>({
  tunnelled: [
    async ({}, use) => {
      const studio = await studioWith('ok', 'ok');
      await use(studio);
      await studio.remove();
    },
    { scope: 'worker' },
  ],
  refused: [
    async ({}, use) => {
      const studio = await studioWith('no-token', 'too-many');
      await use(studio);
      await studio.remove();
    },
    { scope: 'worker' },
  ],
});

test('a tunnel is chosen, started, tried with a webhook and stopped', async ({ page, tunnelled, js }) => {
  const found = problems(page);
  await page.goto(`${tunnelled.url}/setup`);
  await hydrated(page);
  const program = page.getByLabel('Tunnel program');
  await expect(program.getByRole('option')).toHaveText(['ngrok', 'Cloudflare quick tunnel']);
  await expectAccessible(page);
  await program.selectOption('ngrok');
  const row = page.locator('#tunnel');
  await expect(row).toContainText('No tunnel');
  // by keyboard: its place is kept, and what happened is told
  const stop = page.getByRole('button', { name: 'Stop tunnel' });
  const start = page.getByRole('button', { name: 'Start tunnel' });
  await start.focus();
  await page.keyboard.press('Enter');
  await expect(stop).toBeVisible();
  if (js) await expect(stop).toBeFocused();
  await expect(row.getByRole('status').filter({ hasText: 'Webhooks arrive at' })).toBeVisible();
  await expect(row.getByText('ready', { exact: true })).toBeVisible();
  await stop.focus();
  await page.keyboard.press('Space');
  await expect(start).toBeVisible();
  if (js) await expect(start).toBeFocused();
  await expect(row).toContainText('No tunnel');
  await start.click();
  await page.getByRole('button', { name: 'Test webhook' }).click();
  await expect(page.getByText(/A webhook came back in \d+ ms/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Stop tunnel' }).click();
  await expect(program).toBeVisible();
  await program.selectOption('cloudflared');
  await page.getByRole('button', { name: 'Start tunnel' }).click();
  await expect(page.getByRole('button', { name: 'Stop tunnel' })).toBeVisible();
  const status = await tunnelled.json('/api/ngrok/status');
  expect([status.running, status.provider]).toEqual([true, 'cloudflared']);
  await page.getByRole('button', { name: 'Stop tunnel' }).click();
  await expect(program).toBeVisible();
  expect(found).toEqual([]);
});

test('a tunnel that does not come up says why and what to do', async ({ page, refused }) => {
  await page.goto(`${refused.url}/setup`);
  await hydrated(page);
  await page.getByLabel('Tunnel program').selectOption('ngrok');
  await page.getByRole('button', { name: 'Start tunnel' }).click();
  const alert = page.getByRole('alert').filter({ hasText: 'ngrok' });
  await expect(alert).toContainText('ERR_NGROK_4018');
  await expect(alert).toContainText('Set NGROK_AUTHTOKEN');
  await expectAccessible(page);
  await page.getByLabel('Tunnel program').selectOption('cloudflared');
  await page.getByRole('button', { name: 'Start tunnel' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'quick tunnel' })).toContainText('429 Too Many Requests');
  await expectAccessible(page);
});

test('on a phone the choice of programs leaves the words beside it their room', async ({ page, tunnelled }) => {
  const style = await tunnelled.style('Narrow');
  const set = await tunnelled.set(style, await tunnelled.images(style, 2));
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`${tunnelled.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  const words = page.locator('.route__text', { hasText: 'Tunnel' });
  const chooser = page.getByLabel('Tunnel program');
  await expect(chooser).toBeVisible();
  const [text, select] = [(await words.boundingBox())!, (await chooser.boundingBox())!];
  expect(text.width).toBeGreaterThan(200);
  expect(select.y).toBeGreaterThanOrEqual(text.y + text.height);
});
