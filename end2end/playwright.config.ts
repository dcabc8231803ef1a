import { defineConfig } from '@playwright/test';

// Debian's Chromium: Playwright's own download is not wanted on a fresh machine.
const launchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
};

export default defineConfig({
  testDir: 'tests',
  timeout: process.env.CI ? 180_000 : 60_000,
  expect: { timeout: process.env.CI ? 30_000 : 15_000 },
  // each worker starts a studio of its own; two fit two cores
  workers: 2,
  fullyParallel: false,
  // two cores that also compile: a machine that stalls for seconds is no defect of the page
  retries: process.env.CI ? 2 : 0,
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: { launchOptions, colorScheme: 'dark', viewport: { width: 1440, height: 1000 }, trace: 'retain-on-failure' },
  projects: [
    { name: 'js', use: { javaScriptEnabled: true } },
    // every ordinary spec must also pass without JavaScript
    { name: 'nojs', use: { javaScriptEnabled: false }, testIgnore: '**/*.hydrate.spec.ts' },
  ],
});
