// The quality view while a person works in it: answers that come meanwhile, and the keyboard.
import { expect, hydrated, picture, test } from '../fixtures/studio';

test('what is typed stays while images are measured, and another size keeps the keyboard and the rows', async ({ page, studio }) => {
  const style = await studio.style('Typed size');
  for (let i = 0; i < 3; i++) await studio.put(style, `small ${i}.png`, picture(300, 300, i));
  await expect(async () => {
    const list = await studio.json(`/api/styles/${style}/images`);
    expect(list.analysing).toBe(0);
  }).toPass();
  // the server never gets done: the view asks again and again
  let asked = 0;
  await page.route('**/rpc/judge_images*', async (route) => {
    const answer = await route.fetch();
    const report = await answer.json();
    report.analysing = ++asked;
    await route.fulfill({ response: answer, json: report });
  });
  await page.goto(`${studio.url}/styles/${style}/data?view=quality&show=bad`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Dismiss the remark “Enlarged” of small 0.png' }).click();
  await expect.poll(() => asked).toBeGreaterThan(0);
  await page.getByLabel('Width').fill('76');
  const before = asked;
  await expect.poll(() => asked).toBeGreaterThan(before + 1);
  await page.getByLabel('Width').press('End');
  await page.keyboard.type('8');
  await expect(page.getByLabel('Width')).toHaveValue('768');
  await page.getByLabel('Height').fill('768');
  await page.getByLabel('Width').press('Enter');
  await expect(page.getByText('768 × 768, the size chosen here')).toBeVisible();
  await expect(page.getByLabel('Width')).toBeFocused();
  expect(new URL(page.url()).searchParams.get('show')).toBe('bad');
});

test('a bucket leads to its images, and the keyboard goes along', async ({ page, studio }) => {
  const style = await studio.style('Bucket');
  await studio.put(style, 'wide.png', picture(1024, 512, 1));
  await studio.put(style, 'square.png', picture(512, 512, 2));
  await page.goto(`${studio.url}/styles/${style}/data?view=quality`);
  await hydrated(page);
  await page.getByRole('link', { name: 'Images of bucket 704 × 320' }).press('Enter');
  await expect(page.getByText('Only bucket 704 × 320')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Images' })).toBeFocused();
  await expect(page.getByRole('table').getByRole('link', { name: 'square.png' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Images of all buckets' }).press('Enter');
  await expect(page.getByRole('table').getByRole('link', { name: 'square.png' })).toBeVisible();
});
