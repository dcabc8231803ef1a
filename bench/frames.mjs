// What the bench's page scripts share: a studio's page that script has taken over, and how its frames are counted.
import { chromium } from '../end2end/node_modules/@playwright/test/index.mjs';

/** Opens a page in Chromium and waits until script has taken over. */
export async function opened(url) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(url);
  await page.locator('body[data-hydrated]').waitFor({ state: 'attached', timeout: 60_000 });
  return { browser, page };
}

/** Of frame times in ms: how many, how many a second, the worst, and how many took more than 50. */
export function summary(frames) {
  const took_ms = frames.reduce((sum, ms) => sum + ms, 0);
  return {
    frames: frames.length,
    rate: frames.length / (took_ms / 1000),
    worst: Math.max(...frames),
    slow: frames.filter((ms) => ms > 50).length,
  };
}
