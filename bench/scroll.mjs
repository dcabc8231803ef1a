// Scrolls the page of thousands of tiles given as argument for some seconds; prints how long its frames took, as JSON.
import { chromium } from '../end2end/node_modules/@playwright/test/index.mjs';

const SECONDS = 10;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
await page.goto(process.argv[2]);
await page.locator('body[data-hydrated]').waitFor({ state: 'attached', timeout: 60_000 });
await page.locator('[role=grid]').waitFor();
// what comes with the first view is no part of scrolling
await page.waitForLoadState('networkidle');
const figures = await page.evaluate(async (seconds) => {
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
  return { frames: frames.length, worst: Math.max(...frames), slow: frames.filter((ms) => ms > 50).length, tiles };
}, SECONDS);
await browser.close();
console.log(JSON.stringify(figures));
