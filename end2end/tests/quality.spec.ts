// The quality view: what is wrong with images, where buckets cut, what stands out. With JavaScript on and off.
import type { Page } from '@playwright/test';
import { deflateSync } from 'node:zlib';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, Studio, test } from '../fixtures/studio';

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const crc = (bytes: Buffer) => {
  let c = 0xffffffff;
  for (const b of bytes) c = crcTable[(c ^ b) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const chunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), 4 + body.length);
  return out;
};

/** A PNG with edges, another one for each seed, in one colour on another. */
function drawn(width: number, height: number, seed: number, colour = [60, 90, 170]): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const a = Math.sin((x / width) * (1 + ((seed * 5) % 7)) * 3.1 + seed * 1.7) * Math.sin((y / height) * (1 + ((seed * 3) % 5)) * 3.1 + seed);
      const on = a > 0 ? 1.25 : 0.6;
      for (let c = 0; c < 3; c++) rows[y * (width * 3 + 1) + 1 + x * 3 + c] = Math.min(255, colour[c] * on);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** A style of `count` blue pictures, one of them small and one red, all measured. */
async function judgedStyle(studio: Studio, title: string): Promise<string> {
  const style = await studio.style(title);
  for (let i = 1; i <= 6; i++) await studio.put(style, `blue ${i}.png`, drawn(512, 512, i));
  await studio.put(style, 'small.png', drawn(300, 300, 8));
  await studio.put(style, 'red.png', drawn(512, 1024, 9, [190, 50, 40]));
  await expect(async () => {
    const page = await (await studio.api(`/api/styles/${style}/images`)).json();
    expect(page.analysing).toBe(0);
  }).toPass();
  return style;
}

async function go(page: Page, studio: Studio, style: string, query: string) {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

test('shows buckets, what stands out and every remark with its figure', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await judgedStyle(studio, 'Judged');
  await go(page, studio, style, '');
  await page.getByRole('link', { name: /^Quality/ }).click();
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Quality' })).toBeVisible();
  await expect(page.getByText('8 images · 1 bad')).toBeVisible();
  await expect(page.getByText('is enlarged 1.71 times')).toBeVisible();
  await expect(page.getByText('Short of a batch')).toBeVisible();
  await expect(page.getByText('1 image stands out')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'much more red than the set' }).first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Bad (1)' }).click();
  await expect(page.getByRole('table').getByRole('link', { name: 'blue 1.png' })).toHaveCount(0);
  await page.getByRole('table').getByRole('link', { name: 'small.png' }).click();
  await expect(page.getByRole('heading', { name: 'small.png' })).toBeVisible();
  await expect(page.getByText('Trained at 512 × 512: nothing is cut away.')).toBeVisible();
  expect(errors).toEqual([]);
});

test('a remark is dismissed and restored', async ({ page, studio }) => {
  const style = await judgedStyle(studio, 'Dismissed');
  await go(page, studio, style, '?view=quality');
  await page.getByRole('button', { name: 'Dismiss the remark “Enlarged” of small.png' }).click();
  await expect(page.getByText('8 images · 8 fine')).toBeVisible();
  await page.getByRole('button', { name: 'Restore the remark “Enlarged” of small.png' }).click();
  await expect(page.getByText('8 images · 1 bad')).toBeVisible();
});

test('another training size gives other buckets, and one out of bounds is named', async ({ page, studio }) => {
  const style = await judgedStyle(studio, 'Sized');
  await go(page, studio, style, '?view=quality');
  await page.getByLabel('Width').fill('768');
  await page.getByLabel('Height').fill('768');
  await page.getByRole('button', { name: 'Show' }).click();
  await hydrated(page);
  await expect(page.getByText('768 × 768, the size chosen here')).toBeVisible();
  await page.getByLabel('Width').fill('0');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('width is 0; it goes from 64 to 4096.').first()).toBeVisible();
});

test('is whole on a phone', async ({ page, studio }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const style = await judgedStyle(studio, 'Narrow');
  await go(page, studio, style, '?view=quality');
  await expect(page.getByText('is enlarged 1.71 times')).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});
