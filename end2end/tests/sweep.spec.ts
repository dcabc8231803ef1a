// A sweep: values typed as lists, all runs and their cost before the start, and how it stands afterwards.
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, test } from '../fixtures/studio';

test.describe('Sweep', () => {
  test('values become named runs with their total, and the start records them all', async ({ page, studio, js }) => {
    const style = await studio.style(`Sweep ${test.info().project.name}`, 'style_sweep');
    const set = await studio.set(style, await studio.images(style, 3), 'All three');
    const errors = problems(page);
    // what was typed on the Train page comes along
    await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
    await hydrated(page);
    await page.getByLabel('Training steps', { exact: true }).fill('120');
    await page.getByRole('button', { name: 'Try several values' }).click();
    await expect(page).toHaveURL(/\/train\/sweep\?/);
    await hydrated(page);
    await expect(page.getByLabel('Training steps', { exact: true })).toHaveValue('120');
    await page.getByLabel('Name', { exact: true }).fill('v1');
    await page.getByLabel('Values 1').fill('0.0001, 0.0004');
    await page.getByLabel('Values 2').fill('4, 8');
    if (!js) await page.getByRole('region', { name: 'What will happen' }).getByRole('button', { name: 'Look again' }).click();
    const plan = page.getByRole('complementary', { name: 'What will happen' });
    await expect(plan.getByRole('row')).toHaveCount(5);
    await expect(plan.getByRole('rowheader', { name: 'v1-lr4e-4-r8' })).toBeVisible();
    await expect(plan.locator('.stat', { hasText: 'runs' }).first()).toContainText('4');
    await expectAccessible(page);
    await page.getByRole('button', { name: /^Start 4 runs/ }).click();
    await expect(page).toHaveURL(/\/versions#sweep_/);
    const { sweeps } = await studio.json(`/api/training/sweeps?styleId=${style}`);
    expect(sweeps).toHaveLength(1);
    expect(sweeps[0].runs.map((run: { name: string }) => run.name)).toEqual(['v1-lr1e-4-r4', 'v1-lr1e-4-r8', 'v1-lr4e-4-r4', 'v1-lr4e-4-r8']);
    await expect
      .poll(async () => (await studio.json(`/api/training/sweeps?styleId=${style}`)).sweeps[0].completed, { timeout: 60_000 })
      .toBe(4);
    if (!js) await page.reload();
    await expect(page.getByText('4 completed')).toBeVisible();
    // in the history they stand together under a line that leads to the sweep
    const history = page.locator('.version-list > li');
    await expect(history).toHaveCount(5);
    await expect(history.first()).toHaveText(/Sweep v1\s*4 of 4 finished/);
    await expect(history.first().getByRole('link')).toHaveAttribute('href', `#${sweeps[0].id}`);
    expect(errors).toEqual([]);
    await expectAccessible(page);
  });

  test('wrong values are refused at their field and nothing is recorded', async ({ page, studio }) => {
    const style = await studio.style(`Sweep refused ${test.info().project.name}`);
    const set = await studio.set(style, await studio.images(style, 2));
    await page.goto(`${studio.url}/styles/${style}/train/sweep?set=${set}`);
    await hydrated(page);
    // nobody is scolded before something is typed
    await expect(page.getByText('Give a parameter two values to see the runs.')).toBeVisible();
    await expect(page.locator('.field__error, .check--error').filter({ visible: true })).toHaveCount(0);
    await page.getByLabel('Values 1').fill('0.0001, fast');
    await page.getByLabel('Runs at once').fill('99');
    await page.getByRole('button', { name: /^Start/ }).click();
    await expect(page.getByText(/Not started: 2 fields/)).toBeVisible();
    await expect(page.getByLabel('Values 1')).toHaveValue('0.0001, fast');
    await expect(page.getByLabel('Values 1')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Runs at once')).toHaveAttribute('aria-invalid', 'true');
    await expectAccessible(page);
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions).toEqual([]);
  });

  test('it is cancelled as a whole, and a waiting run on its own page', async ({ page, studio, js }) => {
    const style = await studio.style(`Sweep cancel ${test.info().project.name}`);
    const set = await studio.set(style, await studio.images(style, 2));
    const { sweep } = await studio.json('/api/training/sweeps', {
      styleId: style, selectionSetId: set, name: 'v1', parameters: { max_train_steps: 4000 }, inFlight: 1,
      rehearsal: { stepsPerSecond: 1 }, vary: [{ parameter: 'network_dim', values: [4, 8, 16] }],
    });
    await page.goto(`${studio.url}/styles/${style}/versions/${sweep.runs[2].id}`);
    await hydrated(page);
    await expect(page.getByText('Waits for its turn').filter({ visible: true }).first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'run 3 of 3 of a sweep' })).toBeVisible();
    await page.getByText('Cancel training…').click();
    await page.getByRole('button', { name: 'Cancel v1-r16' }).click();
    await expect(page.locator('.badge--cancelled').first()).toBeVisible();
    await page.goto(`${studio.url}/styles/${style}/versions`);
    await hydrated(page);
    await expect(page.getByText(/1 waiting/)).toBeVisible();
    await expectAccessible(page);
    await page.getByText('Cancel sweep…').click();
    await page.getByRole('button', { name: 'Cancel sweep v1' }).click();
    await expect(page.getByText('3 cancelled')).toBeVisible();
    if (js) await expect(page.getByText('Cancel sweep…')).toHaveCount(0);
  });
});
