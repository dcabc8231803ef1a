// A run exported here and reproduced on another machine, with and without JavaScript.
import AxeBuilder from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, hydrated, Studio, test } from '../fixtures/studio.ts';

async function accessible(page: Page, js: boolean) {
  if (!js) return; // axe is a script
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`)).toEqual([]);
}

async function trained(studio: Studio, title: string) {
  const style = await studio.style(title, 'style_ink');
  const names = await studio.images(style, 3);
  const set = await studio.set(style, names);
  const version = await studio.run(style, set, 'V1', { network_dim: 24, max_train_steps: 20 });
  return { style, names, set, version, page: `/styles/${style}/versions/${version.id}` };
}

test('a run is exported, says elsewhere what differs, and fills the Train form there', async ({ page, studio, js }) => {
  const run = await trained(studio, 'Exported');
  await page.goto(studio.url + run.page);
  await hydrated(page);
  await page.locator('.version-head__actions summary').last().click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export as JSON' }).click()]);
  expect(download.suggestedFilename()).toBe(`style_${run.style}_V1.run.json`);
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).not.toMatch(/webhook|token=/i);
  const exported = JSON.parse(text);
  expect(exported.dataset.images).toHaveLength(3);

  const elsewhere = await new Studio().start();
  try {
    const style = await elsewhere.style('Elsewhere', 'style_ink');
    const [kept] = await elsewhere.images(style, 1);
    await elsewhere.put(style, kept.replace('.png', '.txt'), Buffer.from('a small ship number 0 on a calm lake'));
    await elsewhere.set(style, [kept]);
    await page.goto(`${elsewhere.url}/styles/${style}/versions`);
    await hydrated(page);
    await page.getByText('Reproduce a run').click();
    await page.getByLabel('Exported run').setInputFiles({ name: 'v1.run.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Show what differs' }).click();
    await hydrated(page);
    const report = page.getByRole('region', { name: 'Reproduce V1' });
    await expect(report).toContainText('0 of 3 images are here, unchanged.');
    await expect(report.locator('.disclosure', { hasText: 'not in the bucket' })).toContainText(run.names[2]);
    await expect(report.locator('del')).toHaveText('boat');
    await expect(report.locator('ins')).toHaveText('ship');
    await accessible(page, js);

    await report.getByRole('button', { name: 'Add to the history' }).click();
    await expect(page).toHaveURL(new RegExp(`/versions/${run.version.id}$`));
    await page.goBack();
    await page.reload();
    await hydrated(page);
    await expect(page.getByText('It is in the history as V1')).toBeVisible();

    await page.getByRole('link', { name: 'Open in the Train form' }).click();
    await hydrated(page);
    await expect(page.getByText('The form is filled as V1 was trained.')).toBeVisible();
    await expect(page.getByLabel('Network dimension (rank)', { exact: true })).toHaveValue('24');
    await accessible(page, js);
    await page.getByRole('button', { name: 'Save those 3 images as a set' }).click();
    await expect(page.getByText('Images of V1 holds the images it was trained on')).toBeVisible();
  } finally {
    await elsewhere.remove();
  }
});

test('the same run on the same machine is the same', async ({ page, studio, js }) => {
  const run = await trained(studio, 'Unchanged');
  const exported = await studio.json(`/api/styles/${run.style}/training-versions/${run.version.id}/export`);
  const { id } = await studio.json(`/api/styles/${run.style}/reproductions`, exported);
  await page.goto(`${studio.url}/styles/${run.style}/versions?run=${id}`);
  await hydrated(page);
  await expect(page.getByText('Everything stands here as it stood there')).toBeVisible();
  await accessible(page, js);
});

test('a file that is no exported run is refused with the reason', async ({ page, studio, js }) => {
  const style = await studio.style('Refused file');
  await page.goto(`${studio.url}/styles/${style}/versions`);
  await hydrated(page);
  await page.getByText('Reproduce a run').click();
  await page.getByLabel('Exported run').setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{"format":"other"}') });
  await page.getByRole('button', { name: 'Show what differs' }).click();
  await expect(page.getByRole('alert')).toContainText('The file is no exported run');
  // another document by now: looked at when it is alive
  await hydrated(page);
  await accessible(page, js);
});

test('training again from a version says when its set has changed, and offers the images of then', async ({ page, studio, js }) => {
  const run = await trained(studio, 'Again');
  await page.goto(`${studio.url}/styles/${run.style}/train?from=${run.version.id}`);
  await hydrated(page);
  await expect(page.getByText('Set 1 holds the same images as then.')).toBeVisible();
  await studio.json(`/api/styles/${run.style}/selection-sets/${run.set}`, { filenames: run.names.slice(0, 1) }, 'PUT');
  await page.reload();
  await hydrated(page);
  await expect(page.getByText('Set 1 has changed since: 0 images more, 2 images fewer.')).toBeVisible();
  await page.getByRole('button', { name: 'Save those 3 images as a set' }).click();
  await expect(page).toHaveURL(/set=2/);
  await hydrated(page);
  await expect(page.locator('select[name="form[selectionSetId]"]')).toHaveValue('2');
  await expect(page.getByLabel('Network dimension (rank)', { exact: true })).toHaveValue('24');
  await accessible(page, js);
});
