// A studio with a password: the sign-in, tokens of scripts, signing out; all of it with and without JavaScript.
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, problems, Studio, test as base } from '../fixtures/studio';

const PASSWORD = 'correct horse battery';

const test = base.extend<object, { locked: Studio }>({
  locked: [
    async ({}, use) => {
      const studio = await new Studio({ ADMIN_PASSWORD: PASSWORD }).start();
      await use(studio);
      await studio.remove();
    },
    { scope: 'worker' },
  ],
});

test('the password opens the page that was asked for, and signing out closes it', async ({ page, locked }) => {
  const found = problems(page);
  await page.goto(`${locked.url}/setup`);
  await expect(page).toHaveURL(/\/login\?next=%2Fsetup$/);
  await expectAccessible(page);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Setup', level: 1 })).toBeVisible();
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Access' })).toBeVisible();
  expect(found).toEqual([]);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.goto(`${locked.url}/`);
  await expect(page).toHaveURL(/\/login/);
});

test('a wrong password says so and lets nobody in', async ({ page, locked }) => {
  await page.goto(`${locked.url}/`);
  await page.getByLabel('Password').fill('guess');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('That is not the password');
  await expectAccessible(page);
  expect((await page.request.get(`${locked.url}/api/styles`)).status()).toBe(401);
});

test('a token is shown once, opens the interface to a script, and can be revoked', async ({ page, locked, js }) => {
  const name = `nightly script ${js}`;
  await page.goto(`${locked.url}/setup`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await hydrated(page);
  await page.getByLabel('New token for').fill(name);
  await page.getByRole('button', { name: 'Make token' }).click();
  const shown = page.locator('.tokens__secret');
  await expect(shown).toHaveText(/^amst_/);
  await expectAccessible(page);
  const token = await shown.textContent();
  if (js) {
    // one line on a phone too, and a button that takes it along
    const size = page.viewportSize()!;
    await page.setViewportSize({ width: 390, height: 800 });
    const [lines, overflow] = await shown.evaluate((code) => {
      const words = document.createRange();
      words.selectNodeContents(code);
      return [words.getClientRects().length, document.documentElement.scrollWidth - innerWidth];
    });
    expect([lines, overflow]).toEqual([1, 0]);
    await page.setViewportSize(size);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy token' }).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  }
  const ask = () => fetch(`${locked.url}/api/styles`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask()).status).toBe(200);
  await page.goto(`${locked.url}/setup`);
  await hydrated(page);
  await expect(shown).toHaveCount(0);
  await page.getByRole('button', { name: `Revoke the token for ${name}` }).click();
  await expect(page.getByText(name)).toHaveCount(0);
  expect((await ask()).status).toBe(401);
});
