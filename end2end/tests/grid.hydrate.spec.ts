// The grid as a photo tool: thousands of images, the keyboard, the mouse, filters while typing. Only with JavaScript.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, type Studio, test } from '../fixtures/studio';

async function go(page: Page, studio: Studio, style: string, query = '') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

const row = (page: Page, name: string) => page.getByRole('row', { name, exact: true });
const box = (page: Page, name: string) => page.getByLabel(`Select ${name}`, { exact: true });
const selected = (page: Page) => page.locator('.selection-bar__count');

test('of 2,000 images only those near the window are in the document, and all can be reached and selected', async ({ page, studio }) => {
  test.slow();
  const errors = problems(page);
  const style = await studio.style('Thousands');
  await studio.many(style, 2000);
  await go(page, studio, style);
  await expect(page.getByText('2,000 images', { exact: true })).toBeVisible();
  const tiles = page.locator('.tile');
  await expect.poll(() => tiles.count()).toBeLessThan(120);
  await expect(page.getByRole('grid', { name: 'Training images' })).toHaveAttribute('aria-rowcount', '2000');
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await expect(row(page, 'n1999.png')).toBeVisible();
  expect(await tiles.count()).toBeLessThan(120);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await expect(tiles.filter({ hasText: /n09\d\d|n10\d\d/ }).first()).toBeVisible();
  expect(await tiles.count()).toBeLessThan(120);
  await expectAccessible(page);
  await page.keyboard.press('Control+a');
  await expect(selected(page)).toHaveText('2,000 selected');
  await page.evaluate(() => scrollTo(0, 0));
  await box(page, 'n0001.png').click();
  await expect(selected(page)).toHaveText('1,999 selected');
  await page.keyboard.press('Control+i');
  await expect(selected(page)).toHaveText('1 selected');
  await page.getByText('Hide unselected').click();
  await expect(tiles).toHaveCount(1);
  await page.getByText('Show all', { exact: true }).click();
  await row(page, 'n0001.png').focus();
  await page.keyboard.press('End');
  await expect(row(page, 'n1999.png')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(row(page, 'n0000.png')).toBeFocused();
  expect(errors).toEqual([]);
});

test('the keyboard goes through rows, selects, opens, enlarges and comes back', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Keys');
  const names = await studio.images(style, 9);
  await go(page, studio, style, '?columns=4');
  await row(page, names[0]).focus();
  await page.keyboard.press('ArrowRight');
  await expect(row(page, names[1])).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(row(page, names[5])).toBeFocused();
  await page.keyboard.press('Space');
  await expect(row(page, names[5])).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(selected(page)).toHaveText('3 selected');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(selected(page)).toHaveText('2 selected');
  // one stop for the tab key
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(row(page, names[4])).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('heading', { name: 'Delete 2 images and their 2 captions?' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Selection' })).toBeHidden();
  await row(page, names[4]).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: names[4] })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Back to the grid' })).toBeVisible();
  await expect(page.locator('.inspector')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('heading', { name: names[5] })).toBeVisible();
  await expect(page.locator('.inspector')).toBeFocused();
  // to the caption, out of it again, and on; a control keeps the focus from image to image
  await page.keyboard.press('c');
  const caption = page.getByLabel('Caption', { exact: true });
  await expect(caption).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('a heron in the reeds');
  await page.keyboard.press('Escape');
  await expect(page.locator('.inspector')).toBeFocused();
  await expect(page.locator('.saved')).toHaveText('Saved');
  await page.getByRole('link', { name: 'Next image' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: names[6] })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Next image' })).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('heading', { name: names[5] })).toBeVisible();
  await expect(caption).toHaveValue('a heron in the reeds');
  await expect(page.getByRole('link', { name: 'Next image' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(row(page, names[5])).toBeFocused();
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { name: 'Keyboard' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Keyboard' })).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Filter' })).toBeFocused();
  expect(errors).toEqual([]);
});

test('the mouse takes one with Ctrl, a range with Shift and what a drawn rectangle touches', async ({ page, studio }) => {
  const style = await studio.style('Mouse');
  const names = await studio.images(style, 8);
  await go(page, studio, style, '?columns=4');
  const picture = (name: string) => row(page, name).locator('.tile__frame');
  await picture(names[1]).click({ modifiers: ['Control'], force: true });
  await picture(names[3]).click({ modifiers: ['Shift'], force: true });
  await expect(selected(page)).toHaveText('3 selected');
  await picture(names[2]).click({ modifiers: ['Control'], force: true });
  await expect(selected(page)).toHaveText('2 selected');
  const middle = async (name: string) => {
    const at = (await picture(name).boundingBox())!;
    return { x: at.x + at.width / 2, y: at.y + at.height / 2 };
  };
  const [from, to] = [await middle(names[1]), await middle(names[6])];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await expect(page.locator('.tile-lasso')).toBeVisible();
  await page.mouse.up();
  await expect(selected(page)).toHaveText('4 selected');
  for (const i of [1, 2, 5, 6]) await expect(box(page, names[i])).toBeChecked();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveCount(0);
  await picture(names[0]).click({ force: true });
  await expect(page.getByRole('heading', { name: names[0] })).toBeVisible();
});

test('a rectangle begins beside the tiles too, grows as the page scrolls, and Escape breaks it off', async ({ page, studio }) => {
  const style = await studio.style('Lasso');
  await studio.many(style, 40);
  await page.setViewportSize({ width: 1200, height: 700 });
  await go(page, studio, style, '?columns=4');
  await box(page, 'n0002.png').click();
  const lasso = page.locator('.tile-lasso');
  const tiles = (await page.locator('#images').boundingBox())!;
  const first = (await row(page, 'n0000.png').boundingBox())!;
  await page.mouse.move(tiles.x / 2, first.y + 20);
  await page.mouse.down();
  await page.mouse.move(first.x + 30, first.y + 60, { steps: 4 });
  await expect(lasso).toBeVisible();
  await expect(box(page, 'n0000.png')).toBeChecked();
  await expect(box(page, 'n0002.png')).not.toBeChecked();
  await page.mouse.wheel(0, 600);
  await expect(box(page, 'n0004.png')).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(lasso).toBeHidden();
  await expect(selected(page)).toHaveText('1 selected');
  await page.mouse.move(first.x + 60, first.y + 90, { steps: 4 });
  await expect(lasso).toBeHidden();
  await page.mouse.up();
  await expect(selected(page)).toHaveText('1 selected');
  await expect(page.getByLabel('Caption', { exact: true })).toHaveCount(0);
  await expect(box(page, 'n0002.png')).toBeChecked();
  // the next Escape is the selection's again
  await page.locator('main').focus();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Selection' })).toBeHidden();
});

test('of a style that is here whole, filters and orders ask the server nothing', async ({ page, studio }) => {
  const style = await studio.style('Typed Filter');
  const names = await studio.images(style, 6);
  await studio.set(style, names.slice(0, 3));
  await go(page, studio, style);
  const asked: string[] = [];
  page.on('request', (request) => request.url().includes('/rpc/image') && asked.push(request.url()));
  await page.getByRole('searchbox', { name: 'Filter' }).pressSequentially('set:1 -"number 2"');
  await expect(page.getByText('2 images found')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Filter' }).fill('near:x');
  await expect(page.getByText('"near:x" is not a filter.')).toBeVisible();
  await expect(page.locator('.tile')).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Filter' }).fill('w<100');
  await expect(page.getByText('2 images found')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Filter' }).fill('');
  await page.getByLabel('Sort').selectOption('Most pixels');
  await expect(page.locator('.tile').first()).toContainText(names[2]);
  expect(asked).toEqual([]);
  // nothing of it was lost when it came anew
  await page.reload();
  await hydrated(page);
  await expect(page.locator('.tile').first()).toContainText(names[2]);
});

test('columns change the tiles without losing the place of the keyboard', async ({ page, studio }) => {
  const style = await studio.style('Columns');
  const names = await studio.images(style, 9);
  await go(page, studio, style);
  const top = async (name: string) => (await row(page, name).boundingBox())!.y;
  await page.getByRole('slider', { name: 'Columns' }).fill('3');
  await expect(page).toHaveURL(/columns=3/);
  await expect.poll(async () => (await top(names[2])) === (await top(names[0]))).toBe(true);
  expect(await top(names[3])).toBeGreaterThan(await top(names[2]));
  await row(page, names[0]).focus();
  await page.keyboard.press('ArrowDown');
  await expect(row(page, names[3])).toBeFocused();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('slider', { name: 'Columns' }).fill('8');
  await expect.poll(async () => (await top(names[7])) === (await top(names[0]))).toBe(true);
  expect(await top(names[8])).toBeGreaterThan(await top(names[7]));
  // the last choice is kept, and the address goes before it
  await go(page, studio, style);
  await expect(page.getByRole('slider', { name: 'Columns' })).toHaveValue('8');
  await expect.poll(async () => (await top(names[7])) === (await top(names[0]))).toBe(true);
  await go(page, studio, style, '?columns=3');
  await expect(page.getByRole('slider', { name: 'Columns' })).toHaveValue('3');
  await expect.poll(async () => (await top(names[3])) > (await top(names[0]))).toBe(true);
});

test('places that could not be loaded say so and are asked for again', async ({ page, studio }) => {
  const style = await studio.style('Refused places');
  await studio.many(style, 450);
  await page.goto(`${studio.url}/styles/${style}/data`);
  await hydrated(page);
  let refuses = true;
  await page.route('**/rpc/images?*', (route) => (refuses ? route.fulfill({ status: 500, body: 'no' }) : route.continue()));
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const told = page.getByText('Some images could not be loaded. Trying again…');
  await expect(told).toBeVisible();
  refuses = false;
  await expect(page.getByRole('row', { name: 'n0449.png', exact: true })).toBeVisible();
  await expect(told).toBeHidden();
});
