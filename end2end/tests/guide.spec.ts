// The guide: pages of their own, and the way to them from what they explain; with and without JavaScript.
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, test } from '../fixtures/studio';

test('topics lead to each other, and sections of a topic are a click away', async ({ page, studio }) => {
  const errors = problems(page);
  await page.goto(`${studio.url}/guide`);
  await hydrated(page);
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'S3 and CORS' }).first().click();
  await expect(page).toHaveURL(/\/guide\/storage$/);
  await expect(page).toHaveTitle(/S3 and CORS/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('S3 and CORS');
  await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'Backblaze B2' }).click();
  await expect(page.getByRole('heading', { name: 'Backblaze B2' })).toBeInViewport();
  await expect(page.getByText('"allowedOperations"')).toBeVisible();
  await hydrated(page);
  await expectAccessible(page);
  const topics = page.getByRole('navigation', { name: 'Guide', exact: true });
  await topics.getByRole('link', { name: 'Writing captions' }).click();
  await expect(page.locator('#trigger_doubled')).toContainText('writes it before the caption too');
  expect((await page.goto(`${studio.url}/guide/nowhere`))?.status()).toBe(404);
  expect(errors.filter((e) => !e.includes('404'))).toEqual([]);
});

test('fields, captions and preflight lead to their place', async ({ page, studio }) => {
  const style = await studio.style(`Guided ${test.info().project.name}`, 'boat');
  const set = await studio.set(style, await studio.images(style, 2));
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}`);
  await hydrated(page);
  await expect(page.getByRole('link', { name: 'network_dim in the guide' })).toHaveAttribute('href', '/guide/parameters#network_dim');
  await expect(page.getByRole('link', { name: 'Webhook in the guide' })).toHaveAttribute('href', '/guide/webhook');
  const captions = page.getByRole('list', { name: 'Captions as trained' });
  await expect(captions.getByRole('link', { name: 'This problem in the guide' }).first()).toHaveAttribute('href', '/guide/captions#trigger_doubled');
  await expect(captions.getByText(/\d+ × \d+/).first()).toBeVisible();
  await expect(captions.getByText('Fix:').first()).toBeVisible();
  await page.getByText('what their defaults would do with this set').click();
  const others = page.getByRole('region', { name: 'Other trainers' });
  await expect(others.getByRole('row', { name: /kohya_ss/ })).toContainText('1,000');
  await expectAccessible(page);
  await page.goto(`${studio.url}/setup`);
  await hydrated(page);
  await expect(page.getByRole('link', { name: 'S3 bucket in the guide' })).toHaveAttribute('href', '/guide/storage');
});
