// The story in one piece: from images dropped onto the page to a model file, in two windows, over a crash.
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

test('from dropped images to a downloaded model, live in two windows', async ({ page, context }) => {
  const studio = await new Studio({ REHEARSAL_STEPS_PER_SECOND: '20' }).start();
  try {
    const errors = problems(page);
    const style = await studio.style('Ink Intensity', 'style_ink');
    await page.goto(`${studio.url}/styles/${style}/data`);
    await hydrated(page);
    const files = Array.from({ length: 20 }, (_, i) => [
      { name: `scene ${i} (1).png`, mimeType: 'image/png', buffer: picture(80 + i, 90, i) },
      { name: `scene ${i} (1).txt`, mimeType: 'text/plain', buffer: Buffer.from(`a fishing boat number ${i} at dawn`) },
    ]).flat();
    await page.locator('input[type=file]').first().setInputFiles(files);
    const captioned = async () => {
      const { images, total } = await studio.json(`/api/styles/${style}/images`);
      return [total, images.filter((i: { captionState: string }) => i.captionState === 'present').length];
    };
    await expect.poll(captioned, { timeout: 40_000 }).toEqual([20, 20]);
    await expect(page.getByRole('link', { name: /Training data 20/ })).toBeVisible();
    const { images } = await studio.json(`/api/styles/${style}/images`);
    const set = await studio.set(style, images.slice(0, 12).map((i: { filename: string }) => i.filename), 'Twelve');

    await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
    await hydrated(page);
    await page.getByLabel('Name', { exact: true }).fill('v1.0');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page).toHaveURL(/\/versions\/style_/);
    const other = await context.newPage();
    await other.goto(studio.url);
    for (const window of [page, other]) {
      await hydrated(window);
      await expect(window.locator('.badge--training').first()).toBeVisible();
      await expect(window.getByText(/\d+ ?%/).first()).toBeVisible();
    }
    for (const window of [page, other]) await expect(window.locator('.badge--completed').first()).toBeVisible({ timeout: 60_000 });
    const link = page.getByRole('link', { name: /Download/ }).first();
    const answer = await fetch(studio.url + (await link.getAttribute('href')));
    const file = Buffer.from(await answer.arrayBuffer());
    const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString());
    expect(header.__metadata__.ss_network_dim).toBe('16');
    expect(header.__metadata__.ss_steps).toBe('480');
    expect(errors).toEqual([]);
  } finally {
    await studio.remove();
  }
});

test('a server killed in mid-run still ends the run as completed', async ({ page }) => {
  const studio = await new Studio({ REHEARSAL_STEPS_PER_SECOND: '40' }).start();
  try {
    const style = await studio.style('Crash');
    const set = await studio.set(style, await studio.images(style, 2));
    const version = await studio.run(style, set, 'v1', { max_train_steps: 200 });
    await page.goto(`${studio.url}/styles/${style}/versions/${version.id}`);
    await hydrated(page);
    await expect(page.locator('.badge--training').first()).toBeVisible();
    await studio.kill();
    await studio.start();
    // the open page finds the server again by itself
    await expect(page.locator('.badge--completed').first()).toBeVisible({ timeout: 40_000 });
    const { versions } = await studio.json(`/api/styles/${style}/training-versions`);
    expect(versions).toHaveLength(1);
  } finally {
    await studio.remove();
  }
});
