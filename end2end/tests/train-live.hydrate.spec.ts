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
