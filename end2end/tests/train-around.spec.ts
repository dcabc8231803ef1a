// What stands around a start: presets, costs, the preflight, the request to take away; with and without JavaScript.
import { readFileSync } from 'node:fs';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, test, type Studio } from '../fixtures/studio';

async function ready(studio: Studio, title: string, images = 3) {
  const style = await studio.style(`${title} ${test.info().project.name}`, 'style_ink');
  const set = await studio.set(style, await studio.images(style, images));
  return { style, page: `${studio.url}/styles/${style}/train?set=${set}` };
}

test('a preset fills the form by a click, and changes are marked against it', async ({ page, studio }) => {
  const errors = problems(page);
  const { page: address } = await ready(studio, 'Preset');
  await page.goto(address);
  await hydrated(page);
  await page.getByLabel('Preset', { exact: true }).selectOption({ label: 'kohya_ss “flux1D adamw8bit fp8”' });
  await page.getByRole('button', { name: 'Use preset' }).click();
  const rate = page.getByLabel('Learning rate', { exact: true });
  await expect(rate).toHaveValue('0.0003');
  await hydrated(page);
  await expect(page.getByLabel('Training steps', { exact: true })).toHaveValue('1000');
  await expect(page.getByLabel('Trigger token', { exact: true })).toHaveValue('style_ink');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('a preset of one’s own is saved with what is typed, exported, imported and deleted', async ({ page, studio }) => {
  const { page: address } = await ready(studio, 'Own preset');
  const name = `Fine ${test.info().project.name}`;
  await page.goto(address);
  await hydrated(page);
  await page.getByLabel('Learning rate', { exact: true }).fill('0.0002');
  await page.getByLabel(/Save the parameters above as/).fill(name);
  await page.getByRole('button', { name: 'Save preset' }).click();
  const own = page.locator('.preset-list__item', { hasText: name });
  await expect(own).toContainText('lr 0.0002');
  await hydrated(page);
  await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue('0.0002');
  const exported = await studio.json(`/api/training/presets/fine-${test.info().project.name}`);
  expect(exported.values).toMatchObject({ learning_rate: '0.0002' });

  await page.getByText('Import settings').click();
  await page.getByLabel('Settings file', { exact: true }).fill('network_dim = 8\nnoise_offset = 0.1\noutput_name = "Kohya"');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const imported = page.locator('.preset-list__item', { hasText: 'Kohya' });
  await expect(imported).toContainText('2 settings of the file were left out');
  await hydrated(page);
  await imported.getByText('2 settings of the file were left out').click();
  await expect(imported.getByText('noise_offset = 0.1')).toBeVisible();
  await expectAccessible(page);
  // the first press only unfolds
  await imported.getByText('Delete…').click();
  await expect(imported).toHaveCount(1);
  await imported.getByRole('button', { name: 'Delete Kohya' }).click();
  await expect(imported).toHaveCount(0);
});

test('prices and caps are kept, and the plan shows what they mean', async ({ page, studio }) => {
  const { page: address } = await ready(studio, 'Costs');
  await page.goto(address);
  await hydrated(page);
  await expect(page.locator('.plan')).toContainText('RunPod stops it after');
  await page.getByLabel('Cap for one run', { exact: true }).fill('much');
  await page.getByRole('button', { name: 'Save costs' }).click();
  await expect(page.getByText('“much” is no amount of dollars').first()).toBeVisible();
  await hydrated(page);
  await page.getByLabel('Cap for one run', { exact: true }).fill('');
  const price = page.getByLabel('$ per hour of 4090 (24 GB)', { exact: true });
  if (!(await price.isVisible())) await page.locator('summary', { hasText: 'Prices' }).click();
  await price.fill('abc');
  await page.getByRole('button', { name: 'Save costs' }).click();
  await expect(price).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('.prices')).toContainText('“abc” is no amount of dollars');
  await hydrated(page);
  await expectAccessible(page);
  await price.fill('1.12');
  await hydrated(page);
  await page.getByLabel('Cap for one run', { exact: true }).fill('0.01');
  await page.getByRole('button', { name: 'Save costs' }).click();
  await expect(page.locator('.plan').getByText('a run may cost $0.01').first()).toBeVisible();
  await expectAccessible(page);
  await hydrated(page);
  await page.getByLabel('Cap for one run', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Save costs' }).click();
  await expect(page.locator('.plan').getByText('a run may cost $0.01')).toHaveCount(0);
});

test('the request is a download, with what is typed and without a secret', async ({ page, studio }) => {
  const { page: address } = await ready(studio, 'Request');
  await page.goto(address);
  await hydrated(page);
  await page.getByLabel('Training steps', { exact: true }).fill('77');
  await page.getByText('exactly what RunPod receives').click();
  const taken = async (name: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
    return readFileSync(await download.path(), 'utf8');
  };
  expect(JSON.parse(await taken('Request')).input.training_config.max_train_steps).toBe(77);
  expect(JSON.parse(await taken('Workflow for ComfyUI'))['107'].class_type).toBe('InitFluxLoRATraining');
  expect(await taken('curl script')).toContain('Bearer $RUNPOD_API_KEY');
  // the form is as it was: nothing was started
  await expect(page.getByLabel('Training steps', { exact: true })).toHaveValue('77');
  await expect(page).toHaveURL(address);
});

test('the preflight says what is ready, and a doubtful start is one’s own decision', async ({ page, studio }) => {
  const { style, page: address } = await ready(studio, 'Preflight');
  await page.goto(address);
  await hydrated(page);
  const plan = page.getByRole('complementary', { name: 'What will happen' });
  await expect(plan.getByText('All 3 images and their captions can be read from S3.')).toBeVisible();
  await expect(plan.getByText('The endpoint answers')).toBeVisible();
  await expect(plan.getByText('No other run of this style is on its way.')).toBeVisible();
  await expect(plan.getByText('all ready')).toBeVisible();
  await expectAccessible(page);
  // another window starts one meanwhile
  const slow = { styleId: style, selectionSetId: 1, name: 'V0', parameters: { max_train_steps: 90_000 }, rehearsal: { stepsPerSecond: 1 } };
  await studio.json('/api/training/start', slow);
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByText(/Not started: Another run of this style is on its way/)).toBeVisible();
  await hydrated(page);
  await page.getByRole('button', { name: 'Start anyway' }).click();
  await expect(page).toHaveURL(/\/versions\/style_/);
  const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
  for (const version of versions) await studio.json(`/api/styles/${style}/training-versions/${version.id}/cancel`, {});
});

test('on a phone what will happen comes before presets and costs, with its gist beside the button', async ({ page, studio }) => {
  const { page: address } = await ready(studio, 'Phone order');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(address);
  await hydrated(page);
  const top = async (id: string) => (await page.locator(`#${id}`).boundingBox())!.y;
  const order = [await top('step-4'), await top('plan-title'), await top('presets-title'), await top('costs-title')];
  expect(order).toEqual([...order].sort((a, b) => a - b));
  const gist = page.locator('.plan__gist');
  await expect(gist).toHaveText(/about .+ · about \$\d/);
  await expect(gist).toBeInViewport();
  await gist.getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'What will happen' })).toBeInViewport();
  await expect(page.getByRole('button', { name: 'Start training' })).toBeInViewport();
  await page.getByRole('heading', { name: 'Costs' }).scrollIntoViewIfNeeded();
  await expect(page.getByRole('button', { name: 'Start training' })).toBeInViewport();
  await expectAccessible(page);
});

test('the model file says what it is, and every parameter has its place in the guide', async ({ page, studio }) => {
  const { style } = await ready(studio, 'Header');
  const version = await studio.run(style, 1, 'V1', { max_train_steps: 40 });
  await expect(async () => {
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions[0].status).toBe('completed');
  }).toPass();
  await page.goto(`${studio.url}/styles/${style}/versions/${version.id}?tab=model`);
  await hydrated(page);
  await expect(page.getByText(/Whole: its [\d,]+ bytes are exactly what its header describes/)).toBeVisible();
  await expect(page.getByText('16, alpha 16')).toBeVisible();
  await expect(page.getByRole('link', { name: /^Download style_/ })).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${studio.url}/guide/parameters#network_dim`);
  await hydrated(page);
  await expect(page.locator('#network_dim')).toContainText('Network dimension (rank)');
  await expectAccessible(page);
});
