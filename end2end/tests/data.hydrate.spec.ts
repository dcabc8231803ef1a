// What JavaScript adds to the training data page: uploads with progress, autosave, selection by keyboard, focus.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

async function go(page: Page, studio: Studio, style: string, query = '') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

const names_of = async (studio: Studio, style: string): Promise<string[]> =>
  (await studio.json(`/api/styles/${style}/images`)).images.map((i: { filename: string }) => i.filename);

/** Drops files onto an element, as a file manager would. */
async function drop(page: Page, selector: string, files: { name: string; type: string; body: Buffer }[]) {
  const plain = files.map((f) => ({ name: f.name, type: f.type, bytes: [...f.body] }));
  const data = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const f of files) transfer.items.add(new File([new Uint8Array(f.bytes)], f.name, { type: f.type }));
    return transfer;
  }, plain);
  await page.dispatchEvent(selector, 'dragover', { dataTransfer: data });
  await expect(page.getByText('Drop to upload')).toBeVisible();
  await page.dispatchEvent(selector, 'drop', { dataTransfer: data });
  await expect(page.getByText('Drop to upload')).toBeHidden();
}

/** PUTs to the bucket wait here until they are let through. */
async function gate(page: Page) {
  const held: (() => void)[] = [];
  let open = false;
  let most = 0;
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), async (route) => {
    if (route.request().method() === 'PUT' && !open) {
      await new Promise<void>((go) => {
        held.push(go);
        most = Math.max(most, held.length);
      });
    }
    await route.continue().catch(() => undefined);
  });
  const release = () => {
    open = true;
    held.splice(0).forEach((go) => go());
  };
  return { release, most: () => most };
}

const png = (name: string, seed = 1) => ({ name, type: 'image/png', body: picture(96, 96, seed) });

test('files dropped anywhere go up four at a time, and nothing else on the page is lost', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Dropped');
  const [name] = await studio.images(style, 1);
  await go(page, studio, style, `?image=${encodeURIComponent(name)}`);
  await page.getByLabel(`Select ${name}`, { exact: true }).check();
  const { release, most } = await gate(page);
  const files = Array.from({ length: 7 }, (_, i) => png(`drop ${i} (1).png`, i));
  await drop(page, '.stylebar', [...files, { name: 'drop 0 (1).txt', type: 'text/plain', body: Buffer.from('a gull over a pier') }]);
  const list = page.getByRole('list', { name: 'Files' });
  await expect(page.getByText('Uploading 7 images, 1 caption')).toBeVisible();
  await expect(list.getByRole('progressbar')).toHaveCount(4);
  await expect(list.getByText('waiting', { exact: true })).toHaveCount(4);
  expect(most()).toBe(4);
  await expectAccessible(page);
  await page.getByLabel('Caption', { exact: true }).press('Control+End');
  await page.keyboard.type(' and me');
  release();
  await expect(page.getByText('Uploaded 7 images, 1 caption')).toBeVisible();
  await expect(page.getByText('8 images', { exact: true })).toBeVisible();
  await expect(list.getByText('with caption')).toHaveCount(1);
  await expect(page.getByText('a gull over a pier').first()).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Dropped' }).getByText('8', { exact: true })).toBeVisible();
  await expect(page.getByLabel(`Select ${name}`, { exact: true })).toBeChecked();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('a small boat number 0 on a calm lake and me');
  expect(await names_of(studio, style)).toHaveLength(8);
  expect(errors).toEqual([]);
});

test('an upload can be cancelled, and what failed is sent again with one press', async ({ page, studio }) => {
  const style = await studio.style('Retried');
  await go(page, studio, style);
  let broken = true;
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), async (route) => {
    if (route.request().method() !== 'PUT' || !broken) return route.continue();
    const path = decodeURIComponent(new URL(route.request().url()).pathname);
    if (path.endsWith('slow.png')) return; // never answered
    return path.endsWith('refused.png') ? route.fulfill({ status: 403 }) : route.abort();
  });
  await page.getByLabel('Choose images and captions').setInputFiles(
    ['cut off.png', 'refused.png', 'slow.png'].map((name, i) => ({ name, mimeType: 'image/png', buffer: picture(64, 64, i) })),
  );
  const row = (name: string) => page.getByRole('list', { name: 'Files' }).getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });
  await expect(row('cut off.png')).toContainText('The bucket could not be reached');
  await expect(row('refused.png')).toContainText('403');
  await page.getByRole('button', { name: 'Cancel slow.png' }).click();
  await expect(row('slow.png')).toContainText('cancelled');
  await expectAccessible(page);
  expect(await names_of(studio, style)).toEqual([]);
  broken = false;
  await page.getByRole('button', { name: 'Retry failed' }).click();
  await expect(page.getByText('2 images', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Retry slow.png' }).click();
  await expect(page.getByText('3 images', { exact: true })).toBeVisible();
  expect(await names_of(studio, style)).toEqual(['cut off.png', 'refused.png', 'slow.png']);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Files' })).toHaveCount(0);
});

test('a file that is there already is replaced only when asked', async ({ page, studio }) => {
  const style = await studio.style('Replaced');
  await studio.put(style, 'fog.png', picture(64, 64, 1));
  await go(page, studio, style, '?upload=1');
  const [before] = (await studio.json(`/api/styles/${style}/images`)).images;
  await page.getByLabel('Choose images and captions').setInputFiles({ name: 'fog.png', mimeType: 'image/png', buffer: picture(80, 80, 2) });
  const list = page.getByRole('list', { name: 'Files' });
  await expect(list).toContainText('already there');
  expect((await studio.json(`/api/styles/${style}/images`)).images[0].etag).toBe(before.etag);
  await page.getByRole('button', { name: 'Replace fog.png' }).click();
  await expect(list).toContainText('stored');
  expect((await studio.json(`/api/styles/${style}/images`)).images[0].width).toBe(80);
});

test('leaving the page while files are on their way asks first', async ({ page, studio }) => {
  const style = await studio.style('Elsewhere');
  await go(page, studio, style);
  const { release } = await gate(page);
  await drop(page, 'main', [png('a.png'), png('b.png', 2)]);
  await expect(page.getByRole('list', { name: 'Files' }).getByRole('progressbar')).toHaveCount(2);
  const asked = page.waitForEvent('dialog');
  const pressed = page.getByRole('link', { name: 'Versions' }).click({ noWaitAfter: true });
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  await pressed;
  release();
  await expect(page.getByText('Uploaded 2 images')).toBeVisible();
  expect(await names_of(studio, style)).toEqual(['a.png', 'b.png']);
  await page.getByRole('link', { name: 'Versions' }).click();
  await expect(page).toHaveURL(/versions$/);
});

test('a caption saves itself after a pause, on leaving the box and on going to the next image', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Autosaved');
  const names = await studio.images(style, 3);
  const stored = async (name: string) =>
    (await studio.api(`/api/styles/${style}/images/${encodeURIComponent(name)}/caption`)).text();
  await go(page, studio, style);
  await page.getByRole('link', { name: names[0], exact: true }).click();
  const box = page.getByLabel('Caption', { exact: true });
  const mark = page.locator('.saved');
  await expect(mark).toHaveText('Saved');
  await box.fill('first');
  await expect(mark).toHaveText('Not saved yet');
  await expect(mark).toHaveText('Saved');
  expect(await stored(names[0])).toBe('first');
  await box.fill('second');
  await box.blur();
  await expect.poll(() => stored(names[0])).toBe('second');
  await box.fill('third');
  await page.getByRole('link', { name: 'Next image' }).click();
  await expect(page.getByRole('heading', { name: names[1] })).toBeVisible();
  await expect(box).toHaveValue('a small boat number 1 on a calm lake');
  await expect.poll(() => stored(names[0])).toBe('third');
  await page.getByRole('link', { name: 'Previous image' }).click();
  await expect(box).toHaveValue('third');
  await box.fill('fourth');
  await expect.poll(() => stored(names[0])).toBe('fourth');
  await expect(page.getByText('fourth').first()).toBeVisible();
  expect(errors).toEqual([]);
});

test('an image stays open and leads on when its caption takes it out of the filter', async ({ page, studio }) => {
  const style = await studio.style('Captioned');
  for (const [i, name] of ['a.png', 'b.png', 'c.png'].entries()) await studio.put(style, name, picture(64, 64, i));
  await go(page, studio, style, '?filter=missing:caption&image=a.png');
  await page.getByLabel('Caption', { exact: true }).fill('a quiet street');
  await expect(page.getByText('2 images found')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'a.png' })).toBeVisible();
  await page.getByRole('link', { name: 'Next image' }).click();
  await expect(page.getByRole('heading', { name: 'b.png' })).toBeVisible();
});

test('what was typed and ticked before the page came alive is kept', async ({ page, studio }) => {
  const style = await studio.style('Early');
  const names = await studio.images(style, 2);
  let go_on = () => {};
  const held = new Promise<void>((done) => (go_on = done));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${studio.url}/styles/${style}/data?image=${encodeURIComponent(names[0])}`, { waitUntil: 'commit' });
  await page.getByLabel(`Select ${names[1]}`, { exact: true }).check();
  await page.getByLabel('Caption', { exact: true }).fill('typed early');
  go_on();
  await hydrated(page);
  await expect(page.getByText('1 selected')).toBeVisible();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('typed early');
  await expect(page.locator('.saved')).toHaveText('Saved');
  await expect(page.getByText('typed early').first()).toBeVisible();
});

test('shift takes a range, the keyboard all and none, and a filter hides without deselecting', async ({ page, studio }) => {
  const style = await studio.style('Picked');
  const names = await studio.images(style, 6);
  await go(page, studio, style);
  const box = (i: number) => page.getByLabel(`Select ${names[i]}`, { exact: true });
  await box(1).click();
  await box(4).click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 selected')).toBeVisible();
  await box(2).click();
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.getByLabel('Filter').fill('number 3');
  await expect(page.getByText('3 selected, 2 not shown')).toBeVisible();
  await page.getByLabel('Filter').fill('');
  await expect(page.getByText('6 images', { exact: true })).toBeVisible();
  await page.locator('main').focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByText('6 selected')).toBeVisible();
  // in a text box the keys belong to the text
  await page.getByLabel('Filter').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Escape');
  await expect(page.getByText('6 selected')).toBeVisible();
  await page.locator('main').focus();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Selection' })).toBeHidden();
});

test('after a deletion the focus is where the images were', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Focused');
  const names = await studio.images(style, 4);
  await go(page, studio, style);
  await page.getByLabel(`Select ${names[1]}`, { exact: true }).check();
  const open = page.getByRole('group', { name: 'Selection' }).getByRole('button', { name: 'Delete…' });
  await open.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();
  await open.click();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete 1 image' }).click();
  await expect(page.getByText('1 image deleted.')).toBeVisible();
  await expect(page.getByRole('row', { name: names[2], exact: true })).toBeFocused();
  await expect(page.getByRole('navigation', { name: 'Focused' }).getByText('3', { exact: true })).toBeVisible();
  expect(errors).toEqual([]);
});

test('a deletion under way is stopped, not closed, and only what is kept is said to be', async ({ page, studio }) => {
  const style = await studio.style('Stopped');
  await studio.many(style, 505);
  await go(page, studio, style);
  let letGo = () => {};
  const held = new Promise<void>((done) => (letGo = done));
  await page.route('**/rpc/delete_images', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole('row', { name: 'n0000.png', exact: true }).focus();
  await page.keyboard.press('Control+a');
  const bar = page.getByRole('group', { name: 'Selection' });
  await expect(bar.getByText('505 selected')).toBeVisible();
  await bar.getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading')).toHaveText(/^Delete 505 images/);
  await dialog.getByRole('button', { name: 'Delete 505 images' }).click();
  await expect(dialog.getByText('0 of 505 deleted')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Keep them' })).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(dialog.getByText('0 of 505 deleted, stopping…')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Stop' })).toHaveAttribute('aria-disabled', 'true');
  letGo();
  await expect(page.getByText('Stopped: 500 images deleted, 5 kept.')).toBeVisible();
  await expect(dialog).toBeHidden();
  await expect(bar.getByText('5 selected')).toBeVisible();
});

test('a new set is the chosen one, and going to a set selects its images', async ({ page, studio }) => {
  const style = await studio.style('Live Sets');
  const names = await studio.images(style, 4);
  await studio.set(style, [names[3]]);
  await go(page, studio, style, '?filter=boat');
  await page.getByLabel(`Select ${names[0]}`, { exact: true }).check();
  const bar = page.getByRole('group', { name: 'Selection' });
  await bar.getByText('Save as set').click();
  await page.getByRole('textbox', { name: 'Name optional' }).fill('Mine');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Mine saved, 1 image.')).toBeVisible();
  await expect(bar.getByText('Save the selection as a set')).toBeHidden();
  await expect(bar.getByRole('button', { name: 'Update Mine' })).toBeVisible();
  await expect(page).toHaveURL(/filter=boat/);
  await expect(page.getByLabel(`Select ${names[0]}`, { exact: true })).toBeChecked();
  await page.locator('select.toolbar__select[name=set]').selectOption('1');
  await expect(page.getByLabel(`Select ${names[3]}`, { exact: true })).toBeChecked();
  await expect(page.getByLabel(`Select ${names[0]}`, { exact: true })).not.toBeChecked();
});

test('nothing moves while the page comes in and comes alive', async ({ page, studio }) => {
  const style = await studio.style('Still');
  const [name] = await studio.images(style, 8);
  await page.addInitScript(() => {
    (window as any).moved = 0;
    new PerformanceObserver((list) => {
      for (const e of list.getEntries() as any[]) if (!e.hadRecentInput) (window as any).moved += e.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await go(page, studio, style, `?image=${encodeURIComponent(name)}&set=1`);
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate(() => (window as any).moved)).toBeLessThan(0.01);
});

test('a link that is pressed before the page is alive leads where it says', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Pressed early');
  await studio.images(style, 3);
  let held: (() => void)[] = [];
  let open = false;
  // the first download takes the router along; the page itself comes in the others
  await page.route(/\.wasm$/, async (route) => {
    if (!/actor_maker(_bg)?\.wasm$/.test(route.request().url()) && !open) await new Promise<void>((go) => held.push(go));
    await route.continue().catch(() => undefined);
  });
  await page.goto(`${studio.url}/styles/${style}/data`, { waitUntil: 'commit' });
  await expect.poll(() => held.length).toBeGreaterThan(0);
  await expect(page.locator('body[data-hydrated]')).toHaveCount(0);
  const pressed = page.waitForRequest((request) => request.isNavigationRequest() && request.url().includes('view=quality'));
  await page.getByRole('link', { name: 'Quality' }).click();
  await pressed;
  open = true;
  held.splice(0).forEach((go) => go());
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Quality' })).toBeVisible();
  expect(errors).toEqual([]);
});

test('a page whose code has died says so', async ({ page, studio }) => {
  const style = await studio.style('Dead page');
  await studio.images(style, 2);
  // another picture of the page than the code makes: taking it over fails
  await page.route(`**/styles/${style}/data`, async (route) => {
    const answer = await route.fetch();
    const html = (await answer.text()).replace(/<main id="main"[^]*?<\/main>/, '<main id="main"><p>other</p></main>');
    await route.fulfill({ response: answer, body: html });
  });
  await page.goto(`${studio.url}/styles/${style}/data`);
  const notice = page.getByRole('alert').filter({ hasText: 'This page has stopped working' });
  await expect(notice).toBeVisible();
  await page.unroute(`**/styles/${style}/data`);
  await notice.getByRole('link', { name: 'Load it again' }).click();
  await hydrated(page);
  await expect(notice).toHaveCount(0);
});
