// The history of a style and the page of a run, with and without JavaScript: without it a reload shows the state.
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio.ts';

/** Slow enough that a run can be watched and cancelled. */
const SLOW = { REHEARSAL_STEPS_PER_SECOND: '30' };

async function trained(studio: Studio, title: string) {
  const style = await studio.style(title, 'style_ink');
  const set = await studio.set(style, await studio.images(style, 3));
  const version = await studio.run(style, set, 'V1', { max_train_steps: 40, batch_size: 1 });
  return { style, set, version, list: `/styles/${style}/versions`, page: `/styles/${style}/versions/${version.id}` };
}

/** Loads until the page shows it. */
async function reloadUntilVisible(page: Page, shown: Locator) {
  await expect(async () => {
    await page.reload();
    await expect(shown).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

async function accessible(page: Page, js: boolean) {
  if (!js) return; // axe is a script
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`)).toEqual([]);
}

const badge = (page: Page, word: string) => page.locator('.version-head .badge', { hasText: word });

test('a style without runs says what to do next', async ({ page, studio, js }) => {
  const style = await studio.style('Never trained');
  await page.goto(`${studio.url}/styles/${style}/versions`);
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Nothing trained yet' })).toBeVisible();
  await expect(page.locator('.empty').getByRole('link', { name: 'Train LoRA' })).toHaveAttribute('href', `/styles/${style}/train`);
  await accessible(page, js);
});

test('a run is in the list with its recipe and has a page of its own', async ({ page, studio, js }) => {
  const found = problems(page);
  const run = await trained(studio, 'History');
  await page.goto(studio.url + run.list);
  const row = page.locator('.version-row', { hasText: 'V1' });
  await reloadUntilVisible(page, row.getByText('completed'));
  await hydrated(page);
  await expect(row).toContainText(/rank 16\/16 · lr 1e-4 · 40 steps · 3 images \(Set 1\) · \d+ s/);
  await accessible(page, js);
  await row.getByRole('link', { name: 'V1', exact: true }).click();
  await expect(page).toHaveURL(studio.url + run.page);
  await hydrated(page);
  await expect(badge(page, 'completed')).toBeVisible();
  await expect(badge(page, 'Rehearsal')).toBeVisible();
  await expect(page).toHaveTitle(/^V1 completed/);
  await expect(page.getByRole('navigation', { name: 'Breadcrumb' }).locator('[aria-current=page]')).toHaveText('V1');
  await expect(page.getByRole('link', { name: 'Train again from here' })).toHaveAttribute('href', `/styles/${run.style}/train?from=${run.version.id}`);
  await accessible(page, js);
  expect(found).toEqual([]);
});

test('each tab has an address and says what was trained', async ({ page, studio, js }) => {
  const run = await trained(studio, 'Tabs');
  await page.goto(studio.url + run.page);
  await reloadUntilVisible(page, badge(page, 'completed'));
  await hydrated(page);
  const tabs = page.getByRole('navigation', { name: 'V1' });

  await tabs.getByRole('link', { name: 'Dataset' }).click();
  await expect(page).toHaveURL(/\?tab=dataset$/);
  await expect(page.locator('.captions__item')).toHaveCount(3);
  await expect(page.locator('.captions__item').first()).toContainText('picture 00 (1).png');
  await expect(page.locator('.as-trained').first()).toHaveText('style_ink a small boat number 0 on a calm lake');
  await accessible(page, js);

  await tabs.getByRole('link', { name: 'Parameters' }).click();
  const batch = page.getByRole('row', { name: /Batch size/ });
  await expect(batch).toContainText('changed default 2');
  await expect(page.getByRole('row', { name: /Network alpha/ })).not.toContainText('changed');
  await accessible(page, js);

  await tabs.getByRole('link', { name: 'Model file' }).click();
  await expect(page.locator('.facts').first()).toContainText('style_');
  await expect(page.locator('.panel').getByRole('link', { name: 'Download', exact: true })).toBeVisible();
  await accessible(page, js);

  await tabs.getByRole('link', { name: 'Events' }).click();
  await expect(page.locator('.event').first()).toContainText('Completed');
  await expect(page.locator('.event').last()).toContainText('Recorded');
  await accessible(page, js);
});

test('the good mark, the name and the notes are a person’s to change', async ({ page, studio }) => {
  const run = await trained(studio, 'Owned');
  await page.goto(studio.url + run.page);
  await reloadUntilVisible(page, badge(page, 'completed'));
  await hydrated(page);

  await page.getByRole('button', { name: 'Mark as good' }).click();
  await expect(page.locator('.version-head .good')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Unmark as good' })).toBeVisible();

  await page.getByLabel('Name', { exact: true }).fill('fine lines');
  await page.getByRole('textbox', { name: 'Notes' }).fill('faces hold up');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'fine lines' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Notes' })).toHaveValue('faces hold up');

  await hydrated(page);
  const tooLong = 'x'.repeat(81);
  await page.getByLabel('Name', { exact: true }).fill(tooLong);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText("A version's name has 1 to 80 characters.")).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(tooLong);

  await page.goto(studio.url + run.list);
  await hydrated(page);
  const star = page.getByRole('button', { name: 'fine lines is the good version' });
  await expect(star).toHaveAttribute('aria-pressed', 'true');
  await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'false');
});

test('the list is filtered and ordered, and the address says how', async ({ page, studio, js }) => {
  const style = await studio.style('Filtered');
  const version = (id: string, name: string, status: string, steps: number, isGood = false) => ({
    id, name, status, timestamp: '2025-10-13T19:32:49.613Z', parameters: { max_train_steps: steps }, description: `notes of ${name}`, isGood,
  });
  await studio.json(`/api/styles/${style}/training-versions`, {
    versions: [version('a-e1', 'V10', 'completed', 500), version('b-e1', 'V9', 'failed', 900), version('c-e1', 'V8', 'completed', 700, true)],
  });
  await page.goto(`${studio.url}/styles/${style}/versions`);
  await hydrated(page);
  const names = page.locator('.version-row__link');
  const apply = () => (js ? Promise.resolve() : page.getByRole('button', { name: 'Apply' }).click());
  await expect(names).toHaveText(['V10', 'V9', 'V8']);

  await page.getByLabel('Sort').selectOption('most steps');
  await page.getByLabel('Status').selectOption('completed');
  await apply();
  await expect(names).toHaveText(['V8', 'V10']);
  await expect(page).toHaveURL(/status=completed/);
  await expect(page).toHaveURL(/sort=steps/);
  await expect(page.getByText('2 of 3 versions')).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(names).toHaveText(['V8', 'V10']);
  await expect(page.getByLabel('Sort')).toHaveValue('steps');

  await page.getByRole('checkbox', { name: 'good' }).check();
  await apply();
  await expect(names).toHaveText(['V8']);
  await accessible(page, js);
  await page.getByRole('searchbox', { name: 'Search versions' }).fill('of V9');
  await apply();
  await expect(page.getByText('No version fits the filter')).toBeVisible();
  await page.getByRole('link', { name: 'Show all versions' }).click();
  await expect(names).toHaveCount(3);
});

test('a version and its files are deleted one by one, each by name', async ({ page, studio, js }) => {
  const run = await trained(studio, 'Deleted run');
  await page.goto(`${studio.url}${run.page}?tab=model`);
  await reloadUntilVisible(page, badge(page, 'completed'));
  await hydrated(page);
  const file = `style_${run.style}_V1.safetensors`;
  await expect(page.getByRole('row', { name: new RegExp(file) })).toContainText('the model');
  await page.getByText('Delete a file…').click();
  await page.getByRole('checkbox', { name: `Yes, delete ${file}` }).check();
  await accessible(page, js);
  await page.getByRole('button', { name: `Delete ${file}` }).click();
  await expect(page.getByText('No model file is known')).toBeVisible();
  await expect(page.getByRole('row', { name: new RegExp(file) })).toHaveCount(0);

  await page.goto(studio.url + run.list);
  await hydrated(page);
  await page.locator('.version-row summary').click();
  await page.getByRole('link', { name: 'Delete…' }).click();
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Delete V1?' })).toBeVisible();
  await accessible(page, js);
  await page.getByRole('link', { name: 'Keep it' }).click();
  await expect(page.getByRole('heading', { name: 'Delete V1?' })).toHaveCount(0);
  await page.goto(`${studio.url}${run.page}?ask=delete`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Delete V1' }).click();
  await expect(page).toHaveURL(studio.url + run.list);
  await expect(page.getByText('Nothing trained yet')).toBeVisible();
});

test('a run is cancelled only after it was asked for by name', async ({ page }) => {
  const slow = await new Studio(SLOW).start();
  try {
    const style = await slow.style('Cancelled');
    const set = await slow.set(style, await slow.images(style, 2));
    const version = await slow.run(style, set, 'V1', { max_train_steps: 20_000 });
    await page.goto(`${slow.url}/styles/${style}/versions/${version.id}`);
    await reloadUntilVisible(page, badge(page, 'training'));
    await hydrated(page);
    await page.getByText('Cancel training…').click();
    await expect(page.getByRole('heading', { name: 'Cancel V1?' })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel V1' }).click();
    await expect(badge(page, 'cancelled')).toBeVisible();
    await expect(page.locator('.event').first()).toContainText('Cancelled by you');
  } finally {
    await slow.remove();
  }
});

test('a failure says why and what to do', async ({ page, js }) => {
  const failing = await new Studio({ REHEARSAL_FAULTS: 'fail' }).start();
  try {
    const run = await trained(failing, 'Failed');
    await page.goto(failing.url + run.page);
    await reloadUntilVisible(page, badge(page, 'failed'));
    await hydrated(page);
    const notice = page.getByRole('alert');
    await expect(notice).toContainText('Training failed');
    await expect(notice).toContainText('Train again from here');
    await accessible(page, js);
    await page.goto(failing.url + run.list);
    await expect(page.locator('.version-row__error')).toBeVisible();
  } finally {
    await failing.remove();
  }
});

test('runs of an older system are shown as what they are', async ({ page, studio, js }) => {
  const style = await studio.style('Older');
  await studio.json(`/api/styles/${style}/training-versions`, {
    versions: [
      { id: 'a-e1', name: 'V3', status: 'completed', timestamp: '2025-10-13T19:32:49.613Z', completedAt: '2025-10-13T20:40:37+00:00', parameters: { network_dim: 16, network_alpha: 16, learning_rate: 0.0003 }, loraUrl: 'https://elsewhere.s3.us-west-1.amazonaws.com/m/style_1_vV3.safetensors', isGood: true },
      { id: 'b-e1', name: 'V2', status: 'failed', timestamp: '2025-10-12T08:12:24.663Z', error: 'Training failed', parameters: {} },
      { id: 'c-e1', name: 'V1', status: 'pending', timestamp: '2025-10-12T06:25:42.936Z', parameters: {} },
    ],
  });
  await page.goto(`${studio.url}/styles/${style}/versions`);
  await hydrated(page);
  const rows = page.locator('.version-row');
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(0)).toContainText('1:07:48');
  await expect(rows.nth(1)).toContainText('No parameters recorded');
  await expect(rows.nth(2)).toContainText('Imported, not watched');
  await expect(page.getByText('running')).toHaveCount(0);
  await accessible(page, js);

  await page.goto(`${studio.url}/styles/${style}/versions/a-e1?tab=model`);
  await hydrated(page);
  await expect(page.getByText('https://elsewhere.s3.us-west-1.amazonaws.com/m/style_1_vV3.safetensors')).toBeVisible();
  await expect(page.getByText('cannot be downloaded here')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Download' })).toHaveCount(0);

  await page.goto(`${studio.url}/styles/${style}/versions/c-e1`);
  await hydrated(page);
  await expect(page.getByText('Imported, not watched')).toBeVisible();
  await expect(page.getByText('No snapshot was kept')).toBeVisible();
  await expect(page.getByText('Cancel training')).toHaveCount(0);
  await accessible(page, js);
});

test('a version that is not there is a 404 that names it', async ({ page, studio }) => {
  const style = await studio.style('Unknown version');
  const answer = await page.goto(`${studio.url}/styles/${style}/versions/nothing`);
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('alert')).toContainText('has no training version "nothing"');
  await page.getByRole('link', { name: 'All versions of this style' }).click();
  await expect(page).toHaveURL(`${studio.url}/styles/${style}/versions`);
});
