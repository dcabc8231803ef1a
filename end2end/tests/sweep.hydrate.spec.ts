// A live run and a sweep in an open window: stages, loss, the end told; and a kill in the middle of a sweep.
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio';

test('a live run shows its stage, its loss and what is left, and asks nothing once it is over', async ({ page, studio }) => {
  const style = await studio.style('Course');
  const set = await studio.set(style, await studio.images(style, 3));
  const errors = problems(page);
  await page.clock.install();
  const version = await studio.json('/api/training/start', {
    styleId: style, selectionSetId: set, name: 'v1', parameters: { max_train_steps: 2400 }, rehearsal: { stepsPerSecond: 100 },
  });
  await page.goto(`${studio.url}/styles/${style}/versions/${version.version.id}`);
  await hydrated(page);
  await expect(page.getByRole('list', { name: 'Stages' }).locator('[aria-current=step]')).toHaveText('training');
  await expect(page.getByRole('img', { name: /^Rehearsed loss over steps/ })).toBeVisible();
  await expect(page.getByText(/about \d+ s left/)).toBeVisible();
  await page.getByText("Worker's log").click();
  await expect(page.getByText(/avr_loss=0\.\d+ \(rehearsed\)/)).toBeVisible();
  await expectAccessible(page);
  await expect(page.locator('.badge--completed').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('list', { name: 'Stages' })).toHaveCount(0);
  await expect(page.getByRole('img', { name: /^Rehearsed loss over steps/ })).toBeVisible();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.clock.fastForward(10_000);
  expect(asked).toEqual([]);
  expect(errors).toEqual([]);
});

test('who asked for it is notified at the end, and the title is marked while nobody looks', async ({ page, context, studio }) => {
  await context.grantPermissions(['notifications'], { origin: studio.url });
  await page.addInitScript(() => {
    const told: string[] = [];
    (window as any).told = told;
    class Told {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(words: string) {
        told.push(words);
      }
    }
    (window as any).Notification = Told;
    Document.prototype.hasFocus = () => false;
  });
  const style = await studio.style('Told');
  const set = await studio.set(style, await studio.images(style, 2));
  const { version } = await studio.json('/api/training/start', {
    styleId: style, selectionSetId: set, name: 'v1', parameters: { max_train_steps: 1600 }, rehearsal: { stepsPerSecond: 100 },
  });
  await page.goto(`${studio.url}/styles/${style}/versions/${version.id}`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Notify me at the end' }).click();
  await expect(page.getByRole('button', { name: 'You will be notified' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page).toHaveTitle(/^● v1 completed/, { timeout: 30_000 });
  expect(await page.evaluate(() => (window as any).told)).toEqual(['v1 completed']);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(page).toHaveTitle(/^v1 completed/);
});

test('a hidden window learns of the end too, and asks for nothing after it', async ({ page, context, studio }) => {
  await context.grantPermissions(['notifications'], { origin: studio.url });
  await page.addInitScript(() => {
    const told: string[] = [];
    Object.assign(window, { told, away: false });
    (window as any).Notification = class {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(words: string) {
        told.push(words);
      }
    };
    const away = () => (window as any).away as boolean;
    Object.defineProperty(Document.prototype, 'hidden', { get: away });
    Object.defineProperty(Document.prototype, 'visibilityState', { get: () => (away() ? 'hidden' : 'visible') });
  });
  const style = await studio.style('Hidden');
  const set = await studio.set(style, await studio.images(style, 2));
  const { version } = await studio.json('/api/training/start', {
    styleId: style, selectionSetId: set, name: 'v1', parameters: { max_train_steps: 500 }, rehearsal: { stepsPerSecond: 100 },
  });
  await page.goto(`${studio.url}/styles/${style}/versions/${version.id}`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Notify me at the end' }).click();
  await page.evaluate(() => {
    (window as any).away = true;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/rpc/version?')) asked++;
  });
  await expect(page).toHaveTitle(/^● v1 completed/, { timeout: 60_000 });
  expect(await page.evaluate(() => (window as any).told)).toEqual(['v1 completed']);
  expect(asked).toBeLessThan(4);
  asked = 0;
  await page.waitForTimeout(17_000);
  expect(asked).toBe(0);
});

test('a sweep of eight goes on after a kill and sends no run twice', async ({ page }) => {
  const studio = await new Studio({ REHEARSAL_STEPS_PER_SECOND: '200' }).start();
  try {
    const style = await studio.style('Killed sweep');
    const set = await studio.set(style, await studio.images(style, 2));
    await studio.json('/api/training/sweeps', {
      styleId: style, selectionSetId: set, name: 'v1', parameters: { max_train_steps: 300 }, inFlight: 2,
      vary: [
        { parameter: 'network_dim', values: [2, 4, 8, 16] },
        { parameter: 'learning_rate', values: [0.0001, 0.0002] },
      ],
    });
    await page.goto(`${studio.url}/styles/${style}/versions`);
    await hydrated(page);
    await expect(page.getByText(/[1-6] completed/)).toBeVisible({ timeout: 30_000 });
    await studio.kill();
    await studio.start();
    // the open page finds the server again by itself
    await expect(page.getByText('8 completed')).toBeVisible({ timeout: 90_000 });
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions).toHaveLength(8);
    const jobs = new Set(versions.map((version: { jobId: string }) => version.jobId));
    expect(jobs.size).toBe(8);
    const health = await fetch(`${studio.env.RUNPOD_ENDPOINT_BASE_URL}/local/health`, {
      headers: { authorization: `Bearer ${studio.env.RUNPOD_API_KEY}` },
    });
    expect((await health.json()).jobs.completed).toBe(8);
  } finally {
    await studio.remove();
  }
});
