import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio';

test.describe('the grid of styles', () => {
  test('an empty studio says the next step, and the first style leads to its training data', async ({ page }) => {
    const studio = await new Studio().start();
    try {
      const errors = problems(page);
      await page.goto(studio.url);
      await hydrated(page);
      await expect(page.getByRole('heading', { name: 'No styles yet' })).toBeVisible();
      await page.getByRole('link', { name: 'Make the first style' }).click();
      await hydrated(page);
      await page.getByLabel('Title').fill('Ink Intensity');
      await page.getByLabel('Trigger words').fill('style_ink');
      await page.getByRole('button', { name: 'Create style' }).click();
      await expect(page).toHaveURL(/\/styles\/1\/data/);
      await expect(page.getByRole('heading', { level: 1, name: /Ink Intensity/ })).toBeVisible();
      await page.goto(studio.url);
      await hydrated(page);
      await expect(page.getByRole('link', { name: 'Ink Intensity', exact: true }).first()).toBeVisible();
      await expect(page.getByText('0 images · 0 captions · 0 sets')).toBeVisible();
      expect(errors).toEqual([]);
    } finally {
      await studio.remove();
    }
  });

  test('a refused title says why and keeps what was typed', async ({ page, studio }) => {
    await studio.style('Taken Title');
    await page.goto(`${studio.url}/new`);
    await hydrated(page);
    await page.getByLabel('Title').fill('taken title');
    await page.getByLabel('Trigger words').fill('my_words');
    await page.getByRole('button', { name: 'Create style' }).click();
    await expect(page.getByText(/already a style called/).first()).toBeVisible();
    await expect(page.getByLabel('Title')).toHaveValue('taken title');
    await expect(page.getByLabel('Trigger words')).toHaveValue('my_words');
  });

  test('search narrows the grid and says how many are left', async ({ page, studio }) => {
    await studio.style('Watercolour Fog');
    await studio.style('Charcoal Night');
    await page.goto(`${studio.url}/?q=charcoal`);
    await hydrated(page);
    await expect(page.getByRole('link', { name: 'Charcoal Night', exact: true }).first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Watercolour Fog', exact: true })).toHaveCount(0);
    await expect(page.getByText(/^1 of \d+ styles$/)).toBeVisible();
  });

  test('the grid, Setup, the guide and a missing page are accessible', async ({ page, studio }) => {
    await studio.style('Grid Seen By Axe');
    for (const path of ['/', '/new', '/setup', '/guide', '/guide/training', '/guide/captions', '/guide/storage', '/guide/parameters', '/nowhere', '/styles/99999/data']) {
      await page.goto(studio.url + path);
      if (!path.includes('9999')) await hydrated(page);
      await expectAccessible(page);
    }
  });

  test('what is not there is a 404', async ({ page, studio }) => {
    for (const path of ['/nowhere', '/styles/99999/data', '/styles/..%2f..%2fetc/data']) {
      const answer = await page.goto(studio.url + path);
      expect(answer!.status(), path).toBe(404);
    }
  });
});
