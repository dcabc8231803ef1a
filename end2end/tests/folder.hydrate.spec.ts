// A transfer while it runs: progress without a reload, cancel, a reload in the middle, going on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, hydrated, test } from '../fixtures/studio';

test('a transfer shows its progress, survives a reload and goes on after a cancel', async ({ page, studio }) => {
  const style = await studio.style('Folder Slowly');
  const folder = join(studio.dir, 'resources/style_images', `${style}_folder_slowly`);
  mkdirSync(folder, { recursive: true });
  const count = 300;
  // a whole BMP of 1.5 MB: what is no picture would not be sent
  const [side, head] = [708, 54];
  const body = Buffer.alloc(head + side * side * 3, 7);
  body.write('BM');
  for (const [at, value] of [[2, body.length], [6, 0], [10, head], [14, 40], [18, side], [22, side], [30, 0], [34, 0]]) {
    body.writeUInt32LE(value, at);
  }
  body.writeUInt16LE(1, 26);
  body.writeUInt16LE(24, 28);
  for (let i = 0; i < count; i++) {
    body.writeUInt32LE(i, head);
    writeFileSync(join(folder, `${i}.bmp`), body);
  }
  const url = `${studio.url}/styles/${style}/data?folder=1`;
  await page.goto(url);
  await hydrated(page);
  const panel = page.getByRole('region', { name: 'Project folder and S3' });
  await panel.getByRole('button', { name: /^Send to S3: 300 files/ }).click();
  await expect(panel.getByText(/^[1-9]\d* of 300 files moved/)).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(panel.getByRole('progressbar')).toBeVisible();
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await expect(panel.getByText(/^Cancelled: \d+ files sent, \d+ left/)).toBeVisible();
  await panel.getByRole('button', { name: 'Go on' }).click();
  // going on counts what was left
  await expect(panel.getByText(/^\d+ files? sent/)).toBeVisible({ timeout: 60_000 });
  await expect(panel.getByRole('button', { name: 'Send to S3' })).toBeDisabled();
});
