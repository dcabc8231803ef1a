// What a live run shows without a reload.
import { statSync } from 'node:fs';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio.ts';

let slow: Studio;
let style: string;
let set: number;

test.beforeAll(async () => {
  slow = await new Studio({ REHEARSAL_STEPS_PER_SECOND: '40' }).start();
  style = await slow.style('Live');
  set = await slow.set(style, await slow.images(style, 3));
});
test.afterAll(async () => slow.remove());

test('a run goes from pending over training to completed in two windows at once', async ({ page, context }) => {
  // what runs before it keeps it in the queue until it was seen there
  const ahead = await slow.run(style, set, 'Ahead', { max_train_steps: 40_000 });
  const run = await slow.run(style, set, 'Watched', { max_train_steps: 300 });
  const other = await context.newPage();
  const found = [problems(page), problems(other)];
  await page.goto(`${slow.url}/styles/${style}/versions/${run.id}`);
  await other.goto(`${slow.url}/styles/${style}/versions`);
  await Promise.all([hydrated(page), hydrated(other)]);
  let loads = 0;
  for (const window of [page, other]) window.on('load', () => loads++);

  const badge = page.locator('.version-head .badge').first();
  const row = other.locator('.version-row', { hasText: 'Watched' });
  const rowBadge = row.locator('.badge');
  await expect(badge).toHaveText('pending');
  await expect(rowBadge).toHaveText('pending');
  await slow.json(`/api/styles/${style}/training-versions/${ahead.id}/cancel`, {});
  await expect(rowBadge).toHaveText(/training \d+ %/);
  await expect(badge).toHaveText('training');
  await expect(page.locator('.run-progress')).toContainText(/\d+ % ?step \d+ of 300/);
  await expect(page.locator('.run-progress')).toContainText(/so far · about .* left/);
  await expect(page).toHaveTitle(/^\d+ % Watched/);

  // what a person types stays while the page lives
  await page.getByRole('textbox', { name: 'Notes' }).fill('half a sentence');
  await expect(badge).toHaveText('completed');
  await expect(rowBadge).toHaveText('completed');
  await expect(page.getByRole('textbox', { name: 'Notes' })).toHaveValue('half a sentence');
  await expect(page.locator('.event').first()).toContainText('Completed');
  await expect(page.getByRole('link', { name: /^Download/ }).first()).toBeVisible();
  expect(loads).toBe(0);
  expect(found).toEqual([[], []]);
});

test('the download link leads to the model file', async ({ page }) => {
  const run = await slow.run(style, set, 'Downloaded', { max_train_steps: 20 });
  await page.goto(`${slow.url}/styles/${style}/versions/${run.id}`);
  const started = page.waitForEvent('download');
  await page.getByRole('link', { name: /^Download \d/ }).click();
  const download = await started;
  expect(download.suggestedFilename()).toBe(`style_${style}_Downloaded.safetensors`);
  expect(statSync(await download.path()).size).toBeGreaterThan(100_000);
});

test('a list that stands still is not asked for again, and follows when it is looked at', async ({ page }) => {
  const still = await slow.style('Still');
  const names = await slow.images(still, 2);
  const its = await slow.set(still, names);
  await page.goto(`${slow.url}/styles/${still}/versions`);
  await hydrated(page);
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/rpc/versions')) asked++;
  });
  await slow.run(still, its, 'Elsewhere', { max_train_steps: 20 });
  await expect(page.getByText('Nothing trained yet')).toBeVisible();
  expect(asked).toBe(0);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(page.locator('.version-row', { hasText: 'Elsewhere' }).locator('.badge')).toHaveText('completed');
  await expect(page.locator('.subnav__link', { hasText: 'Versions' })).toContainText('1');
});

test('unchanged answers are not sent again', async ({ page }) => {
  const run = await slow.run(style, set, 'Long', { max_train_steps: 4_000 });
  const waiting = await slow.run(style, set, 'Waiting', { max_train_steps: 20 });
  await page.goto(`${slow.url}/styles/${style}/versions/${waiting.id}`);
  await hydrated(page);
  const again = await page.waitForResponse((r) => r.url().includes('/rpc/version?'));
  const etag = again.headers().etag;
  expect(etag).toBeTruthy();
  const asked = await slow.api(new URL(again.url()).pathname + new URL(again.url()).search, { headers: { 'if-none-match': etag } });
  expect(asked.status).toBe(304);
  for (const id of [waiting.id, run.id]) await slow.json(`/api/styles/${style}/training-versions/${id}/cancel`, {});
  await expect(page.locator('.version-head .badge').first()).toHaveText('cancelled');
});
