// Scrolls the page of thousands of tiles given as argument for some seconds; prints how long its frames took, as JSON.
import { opened, summary } from './frames.mjs';

const SECONDS = 10;
const { browser, page } = await opened(process.argv[2]);
await page.locator('[role=grid]').waitFor();
// what comes with the first view is no part of scrolling
await page.waitForLoadState('networkidle');
const { frames, tiles } = await page.evaluate(async (seconds) => {
  const frames = [];
  const frame = () => new Promise(requestAnimationFrame);
  let before = await frame();
  const end = before + seconds * 1000;
  let tiles = 0;
  while (before < end) {
    // about two screens a second, as a hand does
    scrollBy(0, 34);
    const now = await frame();
    frames.push(now - before);
    before = now;
    if (frames.length % 60 === 0) tiles = Math.max(tiles, document.querySelectorAll('.tile').length);
  }
  return { frames, tiles };
}, SECONDS);
await browser.close();
console.log(JSON.stringify({ ...summary(frames), tiles }));
