// Versions side by side: chosen in the history or on a version's page, with and without JavaScript.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio.ts';

async function accessible(page: Page, js: boolean) {
  if (!js) return; // axe is a script
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`)).toEqual([]);
}

/** Two runs: another rank, one image more, one fewer, one caption changed. */
async function twoRuns(studio: Studio, title: string) {
  const style = await studio.style(title, 'style_ink');
  const names = await studio.images(style, 4);
  const set = await studio.set(style, names.slice(0, 3));
  const first = await studio.run(style, set, 'V1', { network_dim: 16, max_train_steps: 20 });
  await studio.put(style, names[1].replace('.png', '.txt'), Buffer.from('a tall ship number 1 on a calm lake'));
  await studio.json(`/api/styles/${style}/selection-sets/${set}`, { filenames: names.slice(1) }, 'PUT');
  const second = await studio.run(style, set, 'V2', { network_dim: 32, max_train_steps: 20 });
  return { style, names, first, second, list: `/styles/${style}/versions` };
}

test('two versions ticked in the history stand side by side', async ({ page, studio, js }) => {
  const found = problems(page);
  const runs = await twoRuns(studio, 'Compared');
  await page.goto(studio.url + runs.list);
  await hydrated(page);
  await page.getByRole('checkbox', { name: 'Compare V1' }).check();
  await page.getByRole('checkbox', { name: 'Compare V2' }).check();
  await page.getByRole('button', { name: js ? 'Compare 2' : 'Compare' }).click();
  await expect(page).toHaveURL(/versions\/compare\?ids=.+&ids=.+/);
  await hydrated(page);

  const parameters = page.getByRole('region', { name: 'Parameters', exact: true });
  await expect(parameters).toContainText('1 difference');
  const rank = parameters.getByRole('row', { name: /network_dim/ });
  await expect(rank.getByRole('cell')).toHaveText(['16', '32']);
  await expect(rank.locator('mark')).toHaveText('32');
  const equal = parameters.getByText(/^\d+ equal$/);
  await expect(parameters.getByText('Learning rate', { exact: true })).toBeHidden();
  await equal.click();
  await expect(parameters.getByText('Learning rate', { exact: true })).toBeVisible();

  const dataset = page.getByRole('region', { name: 'Images and captions, V1 → V2' });
  await expect(dataset).toContainText('1 added · 1 removed · 1 recaptioned · 1 unchanged');
  await expect(dataset.locator('del')).toHaveText('small boat');
  await expect(dataset.locator('ins')).toHaveText('tall ship');
  await expect(dataset.locator('.disclosure', { hasText: '1 image added' })).toContainText(runs.names[3]);
  await expect(dataset.locator('.disclosure', { hasText: '1 image removed' })).toContainText(runs.names[0]);
  await accessible(page, js);
  expect(found).toEqual([]);
});

test('from a version’s page the others are ticked, and one alone says what is missing', async ({ page, studio, js }) => {
  const runs = await twoRuns(studio, 'From its page');
  await page.goto(`${studio.url}${runs.list}/${runs.second.id}`);
  await hydrated(page);
  await page.locator('.version-head__actions summary').last().click();
  await page.getByRole('link', { name: 'Compare…' }).click();
  await hydrated(page);
  await expect(page.getByText('Tick 2 to 4 versions.')).toBeVisible();
  await expect(page.getByRole('checkbox', { name: /^V2/ })).toBeChecked();
  await accessible(page, js);
  await page.getByRole('checkbox', { name: /^V1/ }).check();
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByRole('region', { name: 'Plan', exact: true })).toBeVisible();
});

test('a version of an older system says that its dataset was not kept', async ({ page, studio, js }) => {
  const runs = await twoRuns(studio, 'Older beside newer');
  await studio.json(`/api${runs.list.replace('versions', 'training-versions')}`, {
    versions: [{ id: 'old-e1', name: 'V0', status: 'completed', timestamp: '2025-10-13T19:32:49.613Z', parameters: { network_dim: 16 } }],
  });
  await page.goto(`${studio.url}${runs.list}/compare?ids=${runs.first.id},old-e1`);
  await hydrated(page);
  await expect(page.getByText('V0 has no snapshot of the dataset')).toBeVisible();
  await accessible(page, js);
  const answer = await page.goto(`${studio.url}${runs.list}/compare?ids=${runs.first.id},nobody`);
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('alert')).toContainText('has no training version "nobody"');
});
