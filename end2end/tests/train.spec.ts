import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, test } from '../fixtures/studio';

test.describe('Train LoRA', () => {
  test('without a set the page says what to do first', async ({ page, studio }) => {
    const style = await studio.style(`No set ${test.info().project.name}`);
    await page.goto(`${studio.url}/styles/${style}/train`);
    await hydrated(page);
    await expect(page.getByRole('heading', { name: 'No selection set yet' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Select images' })).toHaveAttribute('href', `/styles/${style}/data`);
    await expectAccessible(page);
  });

  test('choosing a set shows what the trainer reads and does, and typed values are sent as typed', async ({ page, studio, js }) => {
    const style = await studio.style(`Plan ${test.info().project.name}`, 'style_plan');
    const names = await studio.images(style, 6);
    await studio.set(style, names, 'All six');
    const errors = problems(page);
    await page.goto(`${studio.url}/styles/${style}/train`);
    await hydrated(page);
    await page.getByLabel('Selection set').selectOption({ label: 'All six · 6 images' });
    if (!js) await page.getByRole('button', { name: 'Show the plan' }).click();
    const plan = page.getByRole('complementary', { name: 'What will happen' });
    await expect(plan.locator('.stat', { hasText: 'steps' })).toContainText('240');
    await expect(plan.getByText('style_plan a small boat number 0 on a calm lake')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Name', { exact: true }).fill('v1.0');
    await page.getByLabel('Training steps', { exact: true }).fill('1000');
    await page.getByLabel('Learning rate', { exact: true }).fill('0.0003');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page).toHaveURL(/\/versions\/style_/);
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions[0]).toMatchObject({ name: 'v1.0', imageCount: 6 });
    expect(versions[0].parameters).toMatchObject({ max_train_steps: 1000, learning_rate: 0.0003, class_tokens: 'style_plan' });
    expect(errors).toEqual([]);
  });

  test('a refused start names every field and keeps what was typed', async ({ page, studio }) => {
    const style = await studio.style(`Refused ${test.info().project.name}`);
    const names = await studio.images(style, 2);
    const set = await studio.set(style, names);
    await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
    await hydrated(page);
    await page.getByLabel('Name', { exact: true }).fill('no/slashes');
    await page.getByLabel('Learning rate', { exact: true }).fill('0,0001');
    await page.getByLabel('Network dimension (rank)', { exact: true }).fill('0');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page.getByText(/Not started: 3 fields/)).toBeVisible();
    await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue('0,0001');
    await expect(page.getByLabel('Learning rate', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('no/slashes');
    await expectAccessible(page);
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions).toEqual([]);
  });
});

test.describe('a rehearsed run', () => {
  test('may be asked to go wrong, and ends as it would; the latest runs stand on the page', async ({ page, studio }) => {
    const style = await studio.style(`Goes wrong ${test.info().project.name}`);
    const set = await studio.set(style, await studio.images(style, 2));
    await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
    await hydrated(page);
    await expect(page.getByText('Nothing trained yet.')).toBeVisible();
    await page.getByLabel('What goes wrong').selectOption('inner-failure');
    await page.getByLabel('Speed').fill('fast');
    await page.getByLabel('Training steps', { exact: true }).fill('40');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page.getByText(/the rehearsal's speed is “fast”/i).first()).toBeVisible();
    await expect(page.getByLabel('What goes wrong')).toHaveValue('inner-failure');
    await page.getByLabel('Speed').fill('500');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page).toHaveURL(/\/versions\/style_/);
    await expect
      .poll(async () => (await studio.json(`/api/styles/${style}/training-versions`)).versions[0].status)
      .toBe('failed');
    await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
    await hydrated(page);
    const latest = page.getByRole('region', { name: 'Versions so far' });
    await expect(latest.getByText('failed', { exact: true })).toBeVisible();
    await expectAccessible(page);
  });
});
