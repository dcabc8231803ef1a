// The Train page judges while one types, without asking anybody.
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, test } from '../fixtures/studio';

test('plan, captions and field errors follow the keys with the network cut', async ({ page, studio }) => {
  const style = await studio.style('Live', 'style_live');
  const set = await studio.set(style, await studio.images(style, 6), 'All six');
  const errors = problems(page);
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  const plan = page.getByRole('complementary', { name: 'What will happen' });
  await expect(plan.locator('.stat', { hasText: 'steps' })).toContainText('240');
  const asked: string[] = [];
  await page.route('**/rpc/**', (route) => {
    asked.push(route.request().url());
    return new Promise(() => {}); // never answered
  });
  await page.getByLabel('Training steps', { exact: true }).fill('480');
  await expect(plan.locator('.stat', { hasText: 'steps' })).toContainText('480');
  await expect(plan.locator('.stat', { hasText: 'views per image' })).toContainText('160');
  await page.getByLabel('Trigger token', { exact: true }).fill('ink');
  await expect(plan.getByText('ink a small boat number 0 on a calm lake')).toBeVisible();
  await page.getByLabel('Batch size', { exact: true }).fill('0');
  await expect(page.getByText('0 is out of bounds: enter 1 to 1024.').first()).toBeVisible();
  await expect(page.getByLabel('Batch size', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Batch size', { exact: true }).fill('1');
  await expect(page.getByLabel('Batch size', { exact: true })).toHaveAttribute('aria-invalid', 'false');
  expect(errors).toEqual([]);
  await expectAccessible(page);
});

test('a changed field shows its default and goes back to it; the recommended steps are a click', async ({ page, studio }) => {
  const style = await studio.style('Reset', 'style_reset');
  const set = await studio.set(style, await studio.images(style, 3));
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  const rate = page.getByLabel('Learning rate', { exact: true });
  await rate.fill('0.0003');
  await page.getByRole('button', { name: /Changed: set Learning rate back/ }).click();
  await expect(rate).toHaveValue('');
  await expect(page.getByRole('button', { name: /Changed: set Learning rate back/ })).toHaveCount(0);
  const steps = page.getByLabel('Training steps', { exact: true });
  await steps.fill('500');
  await page.getByRole('button', { name: 'Use recommended' }).click();
  await expect(steps).toHaveValue('120');
});

test('what is typed is there again after a reload or another page, until one starts afresh or a run starts', async ({ page, studio }) => {
  const style = await studio.style('Typed Settings', 'style_typed');
  const set = await studio.set(style, await studio.images(style, 3), 'All three');
  const address = `${studio.url}/styles/${style}/train`;
  await page.goto(address);
  await hydrated(page);
  const steps = page.getByLabel('Training steps', { exact: true });
  const again = page.getByText('Filled with what was typed here before.');
  await expect(again).toBeHidden();
  await page.getByLabel('Selection set', { exact: true }).selectOption({ label: 'All three · 3 images' });
  await page.getByLabel('Name', { exact: true }).first().fill('mine');
  await steps.fill('77');
  await page.reload();
  await hydrated(page);
  await expect(steps).toHaveValue('77');
  await expect(page.getByLabel('Name', { exact: true }).first()).toHaveValue('mine');
  await expect(again).toBeVisible();
  await expect(page.locator('.plan .stat', { hasText: 'steps' })).toContainText('77');
  await expectAccessible(page);

  await page.locator('.subnav__link', { hasText: 'Versions' }).click();
  await expect(page).toHaveURL(/\/versions$/);
  await page.goBack();
  await expect(steps).toHaveValue('77');

  // what the address asks for is not replaced
  await page.goto(`${address}?set=${set}&preset=kohya-ss&use=preset`);
  await hydrated(page);
  await expect(steps).toHaveValue('1000');
  await expect(again).toBeHidden();

  await page.goto(`${address}?set=${set}`);
  await hydrated(page);
  await expect(steps).toHaveValue('77');
  await page.getByRole('button', { name: 'Start afresh' }).click();
  await expect(steps).toHaveValue('');
  await expect(again).toBeHidden();
  await page.reload();
  await hydrated(page);
  await expect(steps).toHaveValue('');

  await steps.fill('20');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page).toHaveURL(/\/versions\/style_/);
  await page.goto(`${address}?set=${set}`);
  await hydrated(page);
  await expect(steps).toHaveValue('');
});

test('a preset says which typed values it replaces, and is undone by a click', async ({ page, studio }) => {
  const style = await studio.style('Undone', 'style_undone');
  const set = await studio.set(style, await studio.images(style, 3));
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  const [rate, repeats] = ['Learning rate', 'Repeats'].map((label) => page.getByLabel(label, { exact: true }));
  await rate.fill('0.0002');
  await repeats.fill('7');
  await page.getByLabel('Preset', { exact: true }).selectOption('rich');
  await expect(page.getByText(/resets Learning rate 0.0002, Repeats 7, which you typed/)).toBeVisible();
  await page.getByRole('button', { name: 'Use preset' }).click();
  await expect(rate).toHaveValue('');
  await expect(page.getByText(/fills the form. It .*reset Learning rate 0.0002, Repeats 7/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(rate).toHaveValue('0.0002');
  await expect(repeats).toHaveValue('7');
  await expect(page.getByText(/fills the form/)).toBeHidden();
});

test('two settings files that name nothing become two presets, named as they are', async ({ page, studio }) => {
  const style = await studio.style('Two files', 'style_files');
  const set = await studio.set(style, await studio.images(style, 3));
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  await page.getByText('Import settings').click();
  for (const [name, text] of [['k.toml', 'network_dim = 8'], ['k.json', '{"network_dim": 16}']]) {
    const file = { name, mimeType: 'text/plain', buffer: Buffer.from(text) };
    await page.getByLabel('Choose a settings file').setInputFiles(file);
    await expect(page.getByLabel('Settings file', { exact: true })).toHaveValue(text);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.locator('.preset-list__item', { hasText: name === 'k.toml' ? /^k / : /^k-2 / })).toBeVisible();
  }
  await expect(page.locator('.preset-list__item', { hasText: /^k version 1/ })).toContainText('rank 8');
});
