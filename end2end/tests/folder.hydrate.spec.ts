// A transfer while it runs: progress without a reload, cancel, a reload in the middle, going on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, hydrated, picture, test } from '../fixtures/studio';

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

test('what is chosen in the panel stays while a caption of the page is saved', async ({ page, studio }) => {
  const style = await studio.style('Folder Chosen');
  const folder = join(studio.dir, 'resources/style_images', `${style}_folder_chosen`);
  mkdirSync(folder, { recursive: true });
  const [name] = await studio.images(style, 1);
  await studio.put(style, 'both.png', picture(64, 64, 3));
  await studio.put(style, 'both.txt', Buffer.from('words of the bucket'));
  writeFileSync(join(folder, 'both.txt'), 'other words of the folder');
  await page.goto(`${studio.url}/styles/${style}/data?folder=1&image=${encodeURIComponent(name)}`);
  await hydrated(page);
  const choice = page.getByLabel('What to do with both.txt');
  await choice.selectOption({ label: "Take S3's" });
  // the panel lists this caption too, and is asked for again once it is stored
  const again = page.waitForResponse((answer) => answer.url().includes('/rpc/folder_transfer'));
  await page.getByLabel('Caption', { exact: true }).fill('a heron in the reeds of a very calm lake');
  await again;
  await expect(page.locator('.saved')).toHaveText('Saved');
  await expect(choice.locator('option:checked')).toHaveText("Take S3's");
});
