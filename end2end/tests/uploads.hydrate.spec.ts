// Uploads as a browser does them: files are looked at in a worker, asked about where a person has to decide, and sent.
import type { Page } from '@playwright/test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectAccessible } from '../fixtures/axe';
import { animation, cmyk, glass, grey16, photo, scene, turnedPng, turnedWebp, zip } from '../fixtures/pictures';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

type Input = { name: string; mimeType: string; buffer: Buffer };
const file = (name: string, buffer: Buffer, mimeType = ''): Input => ({ name, mimeType: mimeType || 'application/octet-stream', buffer });
const text = (name: string, words: string) => file(name, Buffer.from(words), 'text/plain');

async function go(page: Page, studio: Studio, style: string, query = '?upload=1') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

const send = (page: Page, files: Input[]) => page.getByLabel('Choose images and captions').setInputFiles(files);
const list = (page: Page) => page.getByRole('list', { name: 'Files', exact: true });
const row = (page: Page, name: string) => list(page).getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });

async function names(studio: Studio, style: string): Promise<string[]> {
  const { images } = await studio.json(`/api/styles/${style}/images`);
  return images.map((i: { filename: string }) => i.filename);
}

const caption = async (studio: Studio, style: string, name: string) =>
  (await studio.api(`/api/styles/${style}/images/${encodeURIComponent(name)}/caption`)).text();

const bytes = async (studio: Studio, style: string, name: string) =>
  Buffer.from(await (await studio.api(`/api/styles/${style}/images/${encodeURIComponent(name)}`)).arrayBuffer());

/** Width, height and the pixels at places given as shares, as they lie in the bucket: no EXIF is applied. */
async function pixels(page: Page, studio: Studio, style: string, name: string, at: [number, number][]) {
  const body = await bytes(studio, style, name);
  expect(body.includes(Buffer.from('Exif')), 'nothing is left to be turned').toBe(false);
  return page.evaluate(
    async ({ body, at }) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(body)]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const pick = ([x, y]: number[]) => [...context.getImageData(Math.floor(x * bitmap.width), Math.floor(y * bitmap.height), 1, 1).data];
      return { width: bitmap.width, height: bitmap.height, colours: at.map(pick) };
    },
    { body: [...body], at },
  );
}

const reddish = ([r, g, b]: number[]) => r > 150 && g < 90 && b < 90;
const blueish = ([r, g, b]: number[]) => b > 150 && r < 90 && g < 90;

test('a folder that is dropped is walked through, and what systems leave in it is passed over', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Folder drop');
  const folder = join(studio.home, 'June 2025');
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  writeFileSync(join(folder, 'boat (1).png'), picture(64, 64, 1));
  writeFileSync(join(folder, 'boat (1).txt'), 'a boat');
  writeFileSync(join(folder, 'deep', 'er', 'gull.png'), picture(64, 48, 2));
  writeFileSync(join(folder, '.DS_Store'), 'x');
  await go(page, studio, style);
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await client.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  }
  await expect(page.getByText('Uploaded 2 images, 1 caption')).toBeVisible();
  expect(await names(studio, style)).toEqual(['boat (1).png', 'gull.png']);
  expect(await caption(studio, style, 'boat (1).png')).toBe('a boat');
  expect(errors).toEqual([]);
});

test('an archive is unpacked in the browser; tricks, bombs and strangers stay inside by name', async ({ page, studio }) => {
  const style = await studio.style('Archive');
  await go(page, studio, style);
  const archive = zip([
    ['June/boat (1).png', picture(64, 64, 1)],
    ['June/boat (1).txt', Buffer.from('a boat')],
    ['../../outside.png', picture(64, 64, 2)],
    ['run.exe', Buffer.from('MZ')],
    ['page.jpg', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['zeros.bmp', Buffer.alloc(20_000_000)],
    ['__MACOSX/._boat (1).png', Buffer.from('x')],
  ]);
  await send(page, [file('all.zip', archive), file('words.zip', Buffer.from('no archive at all'))]);
  await expect(page.getByText('Upload finished')).toBeVisible();
  for (const words of [
    'outside.png" leads out of the archive',
    'run.exe is neither a picture nor a caption',
    'page.jpg is a web page (HTML), not a picture',
    'zeros.bmp would grow',
    'words.zip is no ZIP archive',
  ]) {
    await expect(list(page).getByText(words)).toBeVisible();
  }
  await expect(list(page).getByText('MACOSX')).toHaveCount(0);
  expect(await names(studio, style)).toEqual(['boat (1).png']);
  expect(await caption(studio, style, 'boat (1).png')).toBe('a boat');
  await expectAccessible(page);
});

test('a taken name is kept beside with its caption, replaced, or skipped; the very same file is not sent', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('Clashes');
  for (const name of ['keep', 'swap', 'skip', 'same']) await studio.put(style, `${name}.png`, picture(64, 64, 1));
  await studio.put(style, 'keep.txt', Buffer.from('first words'));
  await go(page, studio, style);
  const other = picture(80, 64, 2);
  await send(page, [
    file('keep.png', other),
    text('keep.txt', 'second words'),
    file('swap.png', other),
    file('skip.png', other),
    file('same.png', picture(64, 64, 1)),
  ]);
  await expect(row(page, 'same.png')).toContainText('The same file, not sent again.');
  await expect(row(page, 'keep.png')).toContainText('already there with other content');
  await expect(row(page, 'keep.txt')).toContainText('waits for its image');
  await expect(page.getByText('Before the rest is uploaded')).toBeVisible();
  expect((await names(studio, style)).length, 'nothing was sent before the answer').toBe(4);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Keep both keep.png' }).press('Enter');
  await expect(page.getByRole('button', { name: 'Keep both swap.png' }), 'the same answer to the next one').toBeFocused();
  await page.getByRole('button', { name: 'Replace swap.png' }).click();
  await page.getByRole('button', { name: 'Skip skip.png' }).click();
  await expect(row(page, 'keep.png')).toContainText('stored as keep (2).png');
  await expect(row(page, 'swap.png')).toContainText('stored');
  await expect(row(page, 'skip.png')).toContainText('left out');
  await expect(row(page, 'keep.txt')).toContainText('stored as keep (2).txt');
  await expect(page.getByText('Uploaded 2 images, 1 caption')).toBeVisible();
  const { images } = await studio.json(`/api/styles/${style}/images`);
  const width = Object.fromEntries(images.map((i: any) => [i.filename, i.width]));
  expect(width).toEqual({ 'keep.png': 64, 'keep (2).png': 80, 'swap.png': 80, 'skip.png': 64, 'same.png': 64 });
  expect(await caption(studio, style, 'keep.png')).toBe('first words');
  expect(await caption(studio, style, 'keep (2).png')).toBe('second words');
  expect(errors).toEqual([]);
});

test('a file that another window stores under the same name meanwhile is not overwritten but asked about', async ({ page, studio }) => {
  const style = await studio.style('Meanwhile');
  await go(page, studio, style);
  const theirs = picture(96, 64, 3);
  const conditions: (string | undefined)[] = [];
  await page.route(/\/styles\/.*same\.png\?/, async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    conditions.push(route.request().headers()['if-none-match']);
    await studio.put(style, 'same.png', theirs);
    await route.continue();
  });
  await send(page, [file('same.png', picture(80, 64, 2))]);
  await expect(row(page, 'same.png')).toContainText('already there with other content');
  expect(conditions).toEqual(['*']);
  expect(await bytes(studio, style, 'same.png')).toEqual(theirs);
  await page.getByRole('button', { name: 'Keep both same.png' }).click();
  await expect(row(page, 'same.png')).toContainText('stored as same (2).png');
});

test('images of one stem share a caption: the one whose place is taken is named and goes, its caption stays', async ({ page, studio }) => {
  const style = await studio.style('One stem');
  await studio.put(style, 'fog.png', picture(64, 64, 1));
  await studio.put(style, 'fog.txt', Buffer.from('fog over the sea'));
  await go(page, studio, style);
  await send(page, [file('fog.jpg', await photo(page, 64, 48))]);
  await expect(row(page, 'fog.jpg')).toContainText('would share the caption of fog.png');
  await page.getByRole('button', { name: 'Replace fog.png by fog.jpg' }).click();
  await expect(row(page, 'fog.jpg')).toContainText('stored');
  expect(await names(studio, style)).toEqual(['fog.jpg']);
  expect(await caption(studio, style, 'fog.jpg')).toBe('fog over the sea');
});

test('one answer is enough for all that ask the same', async ({ page, studio }) => {
  const style = await studio.style('For all');
  for (const name of ['a', 'b', 'c']) await studio.put(style, `${name}.png`, picture(64, 64, 1));
  await go(page, studio, style);
  await send(page, ['a', 'b', 'c'].map((name) => file(`${name}.png`, picture(80, 64, 2))));
  const bar = page.getByRole('group', { name: '3 files under a name that is taken:' });
  await expect(bar).toBeVisible();
  await bar.getByRole('button', { name: 'Keep both, all' }).click();
  await expect(page.getByText('Uploaded 3 images')).toBeVisible();
  expect(await names(studio, style)).toEqual(['a (2).png', 'a.png', 'b (2).png', 'b.png', 'c (2).png', 'c.png']);
});

test('a turned photo is stored upright', async ({ page, studio }) => {
  const style = await studio.style('Turned');
  await go(page, studio, style);
  const files = await Promise.all([3, 6, 8].map(async (n) => file(`phone ${n}.jpg`, await photo(page, 64, 32, n))));
  await send(page, [...files, file('scan 6.png', turnedPng(64, 32, 6))]);
  await expect(page.getByText('Uploaded 4 images')).toBeVisible();
  await expect(row(page, 'phone 6.jpg')).toContainText('32 × 64 · turned upright');
  const start: [number, number][] = [[0.1, 0.1], [0.9, 0.9]];
  for (const [name, width, first] of [['phone 3.jpg', 64, 'blue'], ['phone 6.jpg', 32, 'red'], ['phone 8.jpg', 32, 'blue'], ['scan 6.png', 32, 'red']] as const) {
    const seen = await pixels(page, studio, style, name, start);
    expect(seen.width, name).toBe(width);
    expect(seen.colours.map(reddish), name).toEqual(first === 'red' ? [true, false] : [false, true]);
    expect(seen.colours.map(blueish), name).toEqual(first === 'red' ? [false, true] : [true, false]);
  }
  // sent again it is known, although the copy is made anew
  await send(page, [files[1]]);
  await expect(list(page).getByText('The same file, not sent again.')).toBeVisible();
});

test('a turned WebP is stored upright, whatever the browser makes of its orientation', async ({ page, studio }) => {
  const style = await studio.style('Turned WebP');
  await go(page, studio, style);
  const turns = [2, 3, 4, 5, 6, 7, 8];
  await send(page, await Promise.all(turns.map(async (n) => file(`turn ${n}.webp`, await turnedWebp(page, 64, 32, n)))));
  await expect(page.getByText('Uploaded 7 images')).toBeVisible();
  // where the red half lies once it is upright, by what EXIF says of the first row and column
  const red: Record<number, [number, number]> = { 2: [0.9, 0.5], 3: [0.9, 0.5], 4: [0.1, 0.5], 5: [0.5, 0.1], 6: [0.5, 0.1], 7: [0.5, 0.9], 8: [0.5, 0.9] };
  for (const n of turns) {
    const [x, y] = red[n];
    const seen = await pixels(page, studio, style, `turn ${n}.webp`, [[x, y], [1 - x, 1 - y]]);
    expect(seen.width, `${n}`).toBe(n >= 5 ? 32 : 64);
    expect([reddish(seen.colours[0]), blueish(seen.colours[1])], `${n}`).toEqual([true, true]);
    // what is upright says so itself
    expect((await bytes(studio, style, `turn ${n}.webp`)).includes('EXIF')).toBe(false);
  }
});

test('what the trainer would get wrong is changed only with consent', async ({ page, studio }) => {
  const style = await studio.style('Consent');
  await go(page, studio, style);
  await send(page, [
    file('Photo.Jpg', await photo(page, 64, 64)),
    file('print.jpg', cmyk(0, 255, 255, 0)),
    file('moving.gif', animation),
    file('deep.png', grey16(16, 16, 0x8000)),
    file('glass.png', glass(16, 16, [200, 0, 0, 0])),
    text('Photo.TXT', 'a photo'),
  ]);
  await expect(row(page, 'Photo.Jpg')).toContainText('passes over the extension .Jpg: stored as Photo.jpg');
  await expect(row(page, 'print.jpg')).toContainText('is CMYK');
  await expect(row(page, 'moving.gif')).toContainText('a GIF, which the trainer does not read: converted to a PNG');
  await expect(row(page, 'moving.gif')).toContainText('is animated: the trainer reads only its first frame');
  await expect(row(page, 'deep.png')).toContainText('16-bit grey');
  await expect(row(page, 'glass.png')).toContainText('transparent parts');
  expect(await names(studio, style)).toEqual([]);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Skip deep.png' }).click();
  await expect(row(page, 'deep.png')).toContainText('left out');
  await page.getByRole('button', { name: 'Change Photo.Jpg' }).click();
  await expect(row(page, 'Photo.Jpg')).toContainText('stored');
  await page.getByRole('button', { name: 'Change all' }).click();
  await expect(page.getByText('Uploaded 4 images, 1 caption')).toBeVisible();
  await expect(row(page, 'print.jpg')).toContainText('converted to RGB');
  await expect(row(page, 'moving.gif')).toContainText('first frame kept · converted to a PNG');
  await expect(row(page, 'glass.png')).toContainText('put on white');
  expect(await names(studio, style)).toEqual(['glass.png', 'moving.png', 'Photo.jpg', 'print.jpg']);
  expect(await caption(studio, style, 'Photo.jpg')).toBe('a photo');
  const colour = async (name: string) => (await pixels(page, studio, style, name, [[0.5, 0.5]])).colours[0];
  expect(reddish(await colour('print.jpg')), 'the ink is red').toBe(true);
  expect(reddish(await colour('moving.png')), 'the first frame').toBe(true);
  expect(await colour('glass.png')).toEqual([255, 255, 255, 255]);
  const print = await bytes(studio, style, 'print.jpg');
  expect(print.includes(Buffer.from([0xff, 0xc0, 0, 17, 8])), 'three components').toBe(true);
  await page.getByRole('button', { name: 'Retry deep.png' }).click();
  await page.getByRole('button', { name: 'Change deep.png' }).click();
  await expect(row(page, 'deep.png')).toContainText('stored');
  const [grey] = await colour('deep.png');
  expect(grey).toBeGreaterThan(120);
  expect(grey).toBeLessThan(136);
});

test('what is no picture, cut off, too large or hostile is refused by name, and the rest goes on', async ({ page, studio }) => {
  const style = await studio.style('Hostile');
  await go(page, studio, style);
  const jpeg = await photo(page, 64, 64);
  const bomb = picture(16, 16, 1);
  bomb.writeUInt32BE(20_000, 16);
  bomb.writeUInt32BE(20_000, 20);
  const damaged = picture(64, 64, 3);
  damaged.fill(0xaa, damaged.length / 2, damaged.length / 2 + 8);
  await send(page, [
    file('page.jpg', Buffer.from('<html><body><script>alert(1)</script></body></html>')),
    file('drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')),
    file('drawing.png', Buffer.from('<svg onload="alert(1)"></svg>')),
    file('cut.jpg', jpeg.subarray(0, jpeg.length / 2)),
    file('bomb.png', bomb),
    file('damaged.png', damaged),
    file('film.mp4', Buffer.from('x')),
    file('empty.png', Buffer.alloc(0)),
    text('latin.txt', ''),
    file('old.txt', Buffer.from([0x63, 0x61, 0x66, 0xe9])),
    // hidden ones are passed over in folders only
    file('.photo.jpg', jpeg),
    file('fine.jpg', jpeg),
  ]);
  for (const [name, why] of [
    ['.photo.jpg', 'refused'],
    ['page.jpg', 'page.jpg is a web page (HTML), not a picture'],
    ['drawing.svg', 'drawing.svg: the trainer does not read .svg files'],
    ['drawing.png', 'drawing.png is an SVG drawing, not a picture'],
    ['cut.jpg', 'cut.jpg is cut off'],
    ['bomb.png', '20000 × 20000 pixels'],
    ['damaged.png', 'damaged and cannot be decoded'],
    ['film.mp4', 'the trainer does not read .mp4 files'],
    ['empty.png', 'is empty (0 bytes)'],
    ['latin.txt', 'is an empty caption'],
    ['old.txt', 'is not UTF-8 text (byte 4)'],
  ]) {
    await expect(row(page, name)).toContainText(why);
  }
  await expect(row(page, 'fine.jpg')).toContainText('stored');
  await expect(page.getByText('1 of 12 stored · 11 refused')).toBeVisible();
  expect(await names(studio, style)).toEqual(['fine.jpg']);
});

test('names as people have them are kept: emoji, 200 bytes, spaces, parentheses', async ({ page, studio }) => {
  const style = await studio.style('Names');
  await go(page, studio, style);
  const wanted = ['A Boy and a Girl_scene_1 (1).png', 'café ☕ 東京 🦊.png', `${'é'.repeat(98)}.png`, '100% #1 & more+.png'];
  await send(page, wanted.map((name, i) => file(name, picture(64 + i, 64, i))));
  await expect(page.getByText('Uploaded 4 images')).toBeVisible();
  expect((await names(studio, style)).sort()).toEqual([...wanted].sort());
  // the thumbnail that the browser made is the one that is served
  const { images } = await studio.json(`/api/styles/${style}/images`);
  for (const image of images) expect((await studio.api(image.thumbnailUrl)).headers.get('content-type')).toBe('image/jpeg');
});

test('only what failed is sent again, and a cancelled file not at all', async ({ page, studio }) => {
  const style = await studio.style('Sent again');
  await go(page, studio, style);
  const sent: string[] = [];
  let broken = true;
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const name = decodeURIComponent(new URL(route.request().url()).pathname.split('/').pop()!);
    sent.push(name);
    if (!broken) return route.continue();
    if (name === 'slow.png') return;
    return name.startsWith('bad') ? route.fulfill({ status: 503 }) : route.continue();
  });
  await send(page, ['bad 1.png', 'bad 2.png', 'good.png', 'slow.png'].map((name, i) => file(name, picture(64 + i, 64, i))));
  await expect(row(page, 'bad 1.png')).toContainText('The bucket failed (503)');
  await expect(row(page, 'bad 2.png')).toContainText('The bucket failed (503)');
  await expect(row(page, 'good.png')).toContainText('stored');
  await page.getByRole('button', { name: 'Cancel slow.png' }).click();
  await expect(row(page, 'slow.png')).toContainText('cancelled');
  broken = false;
  sent.length = 0;
  await page.getByRole('button', { name: 'Retry failed' }).click();
  await expect(row(page, 'bad 2.png')).toContainText('stored');
  await expect(row(page, 'bad 1.png')).toContainText('stored');
  expect(sent.sort()).toEqual(['bad 1.png', 'bad 2.png']);
  expect(await names(studio, style)).toEqual(['bad 1.png', 'bad 2.png', 'good.png']);
});

test('an image that is tried again takes the caption along that was left out with it', async ({ page, studio }) => {
  const style = await studio.style('Along');
  await studio.put(style, 'fog.png', picture(64, 64, 1));
  await go(page, studio, style);
  await send(page, [file('fog.png', picture(80, 64, 2)), text('fog.txt', 'fog over the sea')]);
  await page.getByRole('button', { name: 'Skip fog.png' }).press('Enter');
  await expect(row(page, 'fog.txt')).toContainText('Left out with its image');
  await page.getByRole('button', { name: 'Retry fog.png' }).press('Enter');
  await expect(list(page)).toBeFocused();
  await page.getByRole('button', { name: 'Keep both fog.png' }).click();
  await expect(row(page, 'fog.txt')).toContainText('stored as fog (2).txt');
  expect(await caption(studio, style, 'fog (2).png')).toBe('fog over the sea');
  // the same once more is known by its content, whatever it is called
  await send(page, [file('fog.png', picture(80, 64, 2))]);
  await page.getByRole('button', { name: 'Keep both fog.png' }).click();
  await expect(page.getByText('The same file as fog (2).png, which is kept already.')).toBeVisible();
  expect(await names(studio, style)).toEqual(['fog (2).png', 'fog.png']);
});

test('the very same file that another window stores meanwhile asks nothing', async ({ page, studio }) => {
  const style = await studio.style('Same Meanwhile');
  await go(page, studio, style);
  const body = picture(96, 64, 3);
  await page.route(/\/styles\/.*same\.png\?/, async (route) => {
    if (route.request().method() === 'PUT') await studio.put(style, 'same.png', body);
    await route.continue();
  });
  await send(page, [file('same.png', body)]);
  await expect(row(page, 'same.png')).toContainText('The same file, not sent again.');
});

test('while somebody points at a long list nothing moves in it', async ({ page, studio }) => {
  const style = await studio.style('Long List');
  await go(page, studio, style);
  let open = () => {};
  const gate = new Promise<void>((done) => (open = done));
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    await gate;
    return route.request().url().includes('photo%206') ? route.fulfill({ status: 503 }) : route.continue();
  });
  await send(page, Array.from({ length: 65 }, (_, i) => file(`photo ${String(i).padStart(2, '0')}.png`, picture(64 + i, 64, i))));
  await expect(page.getByText('and 5 more files')).toBeVisible();
  await row(page, 'photo 03.png').hover();
  const shown = () => list(page).locator('.upload__name').allTextContents();
  const before = await shown();
  open();
  await expect(page.getByText('Upload finished')).toBeVisible({ timeout: 60_000 });
  expect(await shown(), 'those that failed would come first').toEqual(before);
  await page.mouse.move(1, 1);
  await expect(row(page, 'photo 64.png')).toContainText('The bucket failed (503)');
});

test('every reason of a long list can be reached, and closing it leaves the keyboard on the page', async ({ page, studio }) => {
  const style = await studio.style('All Refused');
  await studio.images(style, 1);
  await go(page, studio, style);
  const html = Buffer.from('<html></html>');
  await send(page, Array.from({ length: 70 }, (_, i) => file(`page ${i}.jpg`, html)));
  await expect(page.getByText('and 10 more files')).toBeVisible();
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(list(page).getByRole('listitem')).toHaveCount(70);
  await expect(row(page, 'page 69.jpg')).toContainText('is a web page');
  await page.getByRole('button', { name: 'Close', exact: true }).press('Enter');
  await expect(list(page)).toHaveCount(0);
  await expect(page.locator('#images-total')).toBeFocused();
});

test('an answer for all is one for the files that were there', async ({ page, studio }) => {
  const style = await studio.style('For Those');
  for (const name of ['a', 'b', 'late']) await studio.put(style, `${name}.png`, picture(64, 64, 1));
  await studio.put(style, 'odd.jpg', await photo(page, 64, 48));
  await go(page, studio, style);
  // the third shares another image's caption, so that it is not answered with the others
  await send(page, [...['a', 'b'].map((name) => file(`${name}.png`, picture(80, 64, 2))), file('odd.png', picture(90, 64, 2))]);
  await page.getByRole('button', { name: 'Replace all' }).click();
  await expect(row(page, 'b.png')).toContainText('stored');
  await send(page, [file('late.png', picture(80, 64, 3))]);
  await expect(row(page, 'late.png')).toContainText('already there with other content');
  expect(await bytes(studio, style, 'late.png')).toEqual(picture(64, 64, 1));
});

test('what was not stored, and why, is still said after a reload', async ({ page, studio }) => {
  const style = await studio.style('Reloaded');
  await go(page, studio, style);
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), (route) =>
    route.request().method() === 'PUT' && route.request().url().includes('fails') ? route.fulfill({ status: 503 }) : route.continue(),
  );
  await send(page, [
    file('fails.png', picture(64, 64, 1)),
    file('page.jpg', Buffer.from('<html><script>x</script></html>')),
    file('good.png', picture(64, 64, 2)),
  ]);
  await expect(page.getByText('Upload finished')).toBeVisible();
  await page.reload();
  await hydrated(page);
  const left = page.getByRole('list', { name: 'Files that were not stored' });
  await expect(left.getByRole('listitem')).toHaveCount(2);
  await expect(left).toContainText('The bucket failed (503)');
  await expect(left).toContainText('page.jpg is a web page (HTML)');
  await expect(page.getByText('1 file stored; these were not.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(left).toHaveCount(0);
  await page.reload();
  await hydrated(page);
  await expect(left).toHaveCount(0);
});

test('the browser measures what the server measures, and tells what looks alike before it is sent', async ({ page, studio }) => {
  const style = await studio.style('Alike');
  await studio.put(style, 'first.jpg', await scene(page, 900, 600));
  await expect.poll(async () => (await studio.json(`/api/styles/${style}/images`)).images[0].hash).not.toBeNull();
  await go(page, studio, style);
  await send(page, [file('smaller.png', await scene(page, 480, 320, 'image/png'))]);
  await expect(row(page, 'smaller.png')).toContainText('looks like first.jpg');
});

test('a screenshot in the clipboard is an image with a name of the moment', async ({ page, studio }) => {
  const style = await studio.style('Pasted');
  await go(page, studio, style);
  await page.evaluate(async (body) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(body)], 'image.png', { type: 'image/png' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, [...picture(64, 64, 1)]);
  await expect(page.getByText('Uploaded 1 image')).toBeVisible();
  expect((await names(studio, style))[0]).toMatch(/^pasted \d{4}-\d\d-\d\d \d{6}\.png$/);
});

test('the page stays quick while many photos are looked at', async ({ page, studio }) => {
  const style = await studio.style('Many');
  await go(page, studio, style);
  // held back: only the looking is measured
  await page.route((url) => url.searchParams.has('X-Amz-Signature'), (route) => (route.request().method() === 'PUT' ? undefined : route.continue()));
  await page.evaluate(() => {
    const gaps: number[] = ((window as any).gaps = []);
    let last = performance.now();
    const tick = (now: number) => {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const body = await photo(page, 1200, 800);
  await send(page, Array.from({ length: 20 }, (_, i) => file(`photo ${i}.jpg`, body)));
  const uploads = page.locator('section.uploads');
  await expect(uploads).not.toHaveAttribute('data-looked', '0', { timeout: 60_000 });
  await page.evaluate(() => ((window as any).gaps.length = 0));
  await expect(uploads).toHaveAttribute('data-looked', '20', { timeout: 60_000 });
  expect(Number(await uploads.getAttribute('data-looked-ms'))).toBeGreaterThan(0);
  // looking at one takes longer than a frame: on the page's own thread every frame would be late
  const frames: number[] = await page.evaluate(() => (window as any).gaps.sort((a: number, b: number) => a - b));
  expect(frames.length).toBeGreaterThan(10);
  expect(frames[Math.floor(frames.length / 2)]).toBeLessThan(50);
});
