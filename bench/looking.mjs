// Hands the files of a folder to a style's data page, as a person's choice of them would; prints how quickly the worker looked
// at them and how long the page's frames took meanwhile, as JSON. Arguments: the page, the folder.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { opened, summary } from './frames.mjs';

const [, , url, folder] = process.argv;
const files = readdirSync(folder).map((name) => join(folder, name));
const { browser, page } = await opened(url);
await page.evaluate(() => {
  globalThis.frames_ms = [];
  let before = performance.now();
  const count = (now) => {
    globalThis.frames_ms.push(now - before);
    before = now;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
});
await page.locator('input[type=file]').first().setInputFiles(files);
const uploads = page.locator(`section.uploads[data-looked="${files.length}"]`);
await uploads.waitFor({ state: 'attached', timeout: 300_000 });
const took_ms = Number(await uploads.getAttribute('data-looked-ms'));
const frames = await page.evaluate(() => globalThis.frames_ms);
await browser.close();
console.log(JSON.stringify({ ...summary(frames), per_second: files.length / (took_ms / 1000) }));
