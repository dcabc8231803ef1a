// What is wrong is found from where it is said, also when its field is folded away.
import { expect, hydrated, test } from '../fixtures/studio';

test('a problem opens its group and puts the cursor into its field, by keyboard too', async ({ page, studio }) => {
  const style = await studio.style('Remarks', 'style_remarks');
  const set = await studio.set(style, await studio.images(style, 2));
  await page.goto(`${studio.url}/styles/${style}/train?set=${set}&form[parameters][caption_dropout_rate]=0.1`);
  await hydrated(page);
  const advanced = page.locator('summary', { hasText: 'Advanced' });
  await expect(advanced).toContainText('1 changed · 1 wrong');
  // a page that comes with something wrong does not fold it away; a person may
  const dropout = page.getByLabel('Caption dropout', { exact: true });
  await expect(dropout).toBeVisible();
  await advanced.click();
  await expect(dropout).toBeHidden();
  const problem = page.locator('.plan').getByRole('link', { name: /Caption dropout does not work with cached captions/ });
  await problem.focus();
  await page.keyboard.press('Enter');
  await expect(dropout).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('0');
  await expect(problem).toHaveCount(0);
  await expect(advanced).not.toContainText('wrong');
});

test('on a phone the page has one column, nothing sticks out, and Start stays in reach', async ({ page, studio }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const style = await studio.style('Phone', 'style_phone');
  const set = await studio.set(style, await studio.images(style, 2));
  for (const path of [`/styles/${style}/train?set=${set}`, '/guide', '/guide/storage', '/guide/parameters']) {
    await page.goto(`${studio.url}${path}`);
    await hydrated(page);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(inner, path).toBeLessThanOrEqual(outer);
    if (path.includes('train')) await expect(page.getByRole('button', { name: 'Start training' })).toBeInViewport();
  }
});
