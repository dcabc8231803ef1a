// The project folder beside S3, with and without JavaScript: without it a reload shows how far a transfer is.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

/** A file of the style's project folder. */
const file = (studio: Studio, folder: string, name: string) => join(studio.dir, 'resources/style_images', folder, name);

function write(studio: Studio, folder: string, name: string, content: string | Buffer) {
  mkdirSync(file(studio, folder, ''), { recursive: true });
  writeFileSync(file(studio, folder, name), content);
}

async function open(page: Page, studio: Studio, style: string, query = '?folder=1') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

const panel = (page: Page) => page.getByRole('region', { name: 'Project folder and S3' });

/** Waits for words; without script they come with a reload. */
async function told(page: Page, words: string | RegExp, js: boolean) {
  const shown = panel(page).getByText(words);
  if (js) return expect(shown).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(shown).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

async function allFiles(studio: Studio, style: string): Promise<string[]> {
  const { images } = await studio.json(`/api/styles/${style}/images`);
  return images.map((i: { filename: string }) => i.filename);
}

test('files of the folder are sent, files of S3 are fetched, and then there is nothing to do', async ({ page, studio, js }) => {
  const errors = problems(page);
  const style = await studio.style('Folder Both Ways');
  const folder = `${style}_folder_both_ways`;
  write(studio, folder, 'A Boy (1).png', picture(64, 64, 1));
  write(studio, folder, 'A Boy (1).txt', 'a boy on a hill');
  write(studio, folder, 'notes.docx', 'not ours');
  await studio.put(style, 'theirs.png', picture(64, 64, 2));
  await open(page, studio, style, '');
  await expect(page.getByText(`2 files in ${folder}`)).toBeVisible();
  await expect(page.getByText('2 only in the folder · 1 only in S3')).toBeVisible();
  await page.getByRole('link', { name: 'Compare with S3' }).click();
  await expect(panel(page)).toBeVisible();
  await panel(page).getByText('Left out').click();
  await expect(panel(page).getByText('notes.docx: neither an image nor a caption')).toBeVisible();
  await expectAccessible(page);

  await panel(page).getByRole('button', { name: /^Send to S3: 2 files/ }).click();
  await told(page, /^2 files sent/, js);
  expect((await allFiles(studio, style)).sort()).toEqual(['A Boy (1).png', 'theirs.png']);
  expect(existsSync(file(studio, folder, 'theirs.png'))).toBe(false);
  // the grid below shows it without a reload
  await expect(page.getByRole('link', { name: 'A Boy (1).png' })).toBeVisible();

  await panel(page).getByRole('button', { name: /^Fetch from S3: 1 file/ }).click();
  await told(page, /^1 file fetched/, js);
  expect(existsSync(file(studio, folder, 'theirs.png'))).toBe(true);
  await expect(panel(page).getByRole('button', { name: 'Send to S3' })).toBeDisabled();
  await expect(panel(page).getByText('Nothing is missing or newer on either side.')).toBeVisible();
  expect(errors).toEqual([]);
});

test('what both sides changed is shown with both and decided file by file', async ({ page, studio, js }) => {
  const style = await studio.style('Folder Conflict');
  const folder = `${style}_folder_conflict`;
  for (const name of ['boat', 'fog']) {
    await studio.put(style, `${name}.png`, picture(64, 64, 3));
    await studio.put(style, `${name}.txt`, Buffer.from('words of S3'));
    write(studio, folder, `${name}.txt`, 'other words of the folder');
  }
  await open(page, studio, style);
  const row = (name: string) => panel(page).getByRole('row', { name: new RegExp(`^${name}`) });
  await expect(row('boat.txt')).toContainText('25 B');
  await expect(row('boat.txt')).toContainText('11 B');
  await expect(row('boat.txt')).toContainText('words of S3');
  await expect(row('boat.txt')).toContainText('other words of the folder');
  await expectAccessible(page);
  // on a telephone each file is a block: nothing is cut off
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  const choice = page.getByLabel('What to do with boat.txt');
  // the panel may just be built anew
  const right = async () => {
    const box = await choice.boundingBox();
    return box ? box.x + box.width : Infinity;
  };
  await expect.poll(right).toBeLessThanOrEqual(390);
  const wide = await panel(page).locator('.table-scroll').evaluate((e) => e.scrollWidth - e.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await page.setViewportSize(size);
  await page.getByLabel('What to do with boat.txt').selectOption({ label: "Send the folder's" });
  await page.getByLabel('What to do with fog.txt').selectOption({ label: "Take S3's" });
  await panel(page).getByRole('button', { name: 'Do what is chosen' }).click();
  await told(page, /^1 file sent, 1 file fetched/, js);
  const caption = await studio.api(`/api/styles/${style}/images/boat.png/caption`);
  expect(await caption.text()).toBe('other words of the folder');
  expect(readFileSync(file(studio, folder, 'fog.txt'), 'utf8')).toBe('words of S3');
});

test('of two folders a person chooses, and removal names every file first', async ({ page, studio, js }) => {
  const style = await studio.style('Folder Twice');
  write(studio, `${style}_folder_twice`, 'a.txt', 'one');
  write(studio, `${style}_foldr_twice`, 'a.txt', 'another');
  await studio.put(style, 'only there.png', picture(64, 64, 4));
  await open(page, studio, style);
  await expect(panel(page).getByText('This style has several folders')).toBeVisible();
  await page.getByLabel('Which a.txt counts').selectOption({ index: 2 });
  await panel(page).getByRole('button', { name: 'Choose' }).click();
  await expect(panel(page).getByRole('button', { name: /^Send to S3: 1 file, 7 B/ })).toBeVisible();
  await panel(page).getByRole('link', { name: 'Remove from S3 what only S3 has' }).press('Enter');
  // what was pressed is gone: the focus is where reading goes on
  if (js) await expect(panel(page).getByRole('heading', { name: 'Remove 1 file from S3?' })).toBeFocused();
  await expect(panel(page).getByRole('list', { name: 'What is removed' })).toContainText('only there.png');
  await expectAccessible(page);
  await panel(page).getByRole('button', { name: 'Remove 1 file from S3' }).press('Enter');
  await expect(panel(page).getByText('1 file removed.')).toBeVisible();
  if (js) await expect(panel(page).locator('#folder-removed')).toBeFocused();
  expect(await allFiles(studio, style)).toEqual([]);
  // both sides were read again meanwhile, and the focus is where it was
  await expect(panel(page).getByText('only there.png')).toHaveCount(0);
  if (js) await expect(panel(page).locator('#folder-removed')).toBeFocused();
});

test('a model that no version knows is imported once', async ({ page, studio, js }) => {
  const style = await studio.style('Lost record');
  const set = await studio.set(style, await studio.images(style, 2));
  const version = await studio.run(style, set, 'V3', { max_train_steps: 20, batch_size: 1 });
  const versions = `/api/styles/${style}/training-versions`;
  await expect.poll(async () => (await studio.json(versions)).versions[0].status, { timeout: 30_000 }).toBe('completed');
  expect((await studio.api(`${versions}/${version.id}`, { method: 'DELETE' })).status).toBe(204);
  await page.goto(`${studio.url}/styles/${style}/versions`);
  await hydrated(page);
  const unknown = page.getByRole('region', { name: '1 model in S3 that no version knows' });
  await expect(unknown).toContainText('rank 16/16');
  await expectAccessible(page);
  await unknown.getByRole('button', { name: 'Import as V3' }).press('Enter');
  if (js) await expect(page.locator('#imported')).toBeFocused();
  if (js) await expect(page.locator('#imported')).toContainText('V3 is imported');
  const row = page.locator('.version-row', { hasText: 'V3' });
  await expect(row.getByText('completed')).toBeVisible();
  await expect(row).toContainText('Imported from S3');
  await expect(unknown).toHaveCount(0);
});
