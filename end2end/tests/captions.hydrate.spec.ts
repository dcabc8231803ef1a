// What JavaScript adds to captions: what was typed survives a crash of the tab, fixes go through the editor, undo in place.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

const SCENE = 'a red fishing boat lying on a quiet lake at dusk';

async function style_of(studio: Studio, title: string, text: string): Promise<string> {
  const style = await studio.style(title, 'style_16');
  await studio.put(style, 'a.png', picture(96, 96, 1));
  await studio.put(style, 'a.txt', Buffer.from(text));
  return style;
}

async function open(page: Page, studio: Studio, style: string) {
  await page.goto(`${studio.url}/styles/${style}/data?image=a.png`);
  await hydrated(page);
}

const stored = async (studio: Studio, style: string) => (await studio.api(`/api/styles/${style}/images/a.png/caption`)).text();

/** Types a caption that never reaches the server, and lets the tab crash. */
async function type_and_crash(page: Page, studio: Studio, style: string, text: string) {
  await open(page, studio, style);
  await page.route('**/rpc/save_caption', (route) => route.abort());
  await page.getByLabel('Caption', { exact: true }).fill(text);
  await expect(page.getByText('Not saved', { exact: true })).toBeVisible();
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await crashed;
}

test('text that was typed survives a crash of the tab and is offered, not put in place', async ({ page, context, studio }) => {
  const style = await style_of(studio, 'Crashed', SCENE);
  await type_and_crash(page, studio, style, `${SCENE} under rain`);
  const again = await context.newPage();
  const errors = problems(again);
  await again.goto(`${studio.url}/styles/${style}/data`);
  await hydrated(again);
  // named at once: who does not open that image would never know of it
  const told = again.getByRole('alert').filter({ hasText: '1 caption is not saved.' });
  await told.getByRole('link', { name: 'a.png' }).click();
  await expect(told).toBeHidden();
  await expect(again.getByText('There is text that was not saved.')).toBeVisible();
  await expect(again.getByLabel('Caption', { exact: true })).toHaveValue(SCENE);
  expect(await stored(studio, style)).toBe(SCENE);
  await expectAccessible(again);
  await again.getByRole('button', { name: 'Use this text' }).press('Enter');
  await expect(again.getByLabel('Caption', { exact: true })).toBeFocused();
  await expect(again.getByLabel('Caption', { exact: true })).toHaveValue(`${SCENE} under rain`);
  await expect(again.getByText('Saved', { exact: true })).toBeVisible();
  expect(await stored(studio, style)).toBe(`${SCENE} under rain`);
  await open(again, studio, style);
  await expect(again.getByText('There is text that was not saved.')).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('over a caption that is newer by now the text is offered as older, and can be discarded', async ({ page, context, studio }) => {
  const style = await style_of(studio, 'Overtaken', SCENE);
  await type_and_crash(page, studio, style, `${SCENE} under rain`);
  await studio.put(style, 'a.txt', Buffer.from('a newer caption by somebody else on this very quiet lake'));
  const again = await context.newPage();
  await open(again, studio, style);
  await expect(again.getByText('The caption was changed since')).toBeVisible();
  await expect(again.getByLabel('Caption', { exact: true })).toHaveValue(/^a newer caption/);
  await again.getByRole('button', { name: 'Discard it' }).press('Enter');
  await expect(again.getByLabel('Caption', { exact: true })).toBeFocused();
  await open(again, studio, style);
  await expect(again.getByText('There is text that was not saved.')).toHaveCount(0);
  expect(await stored(studio, style)).toMatch(/^a newer caption/);
});

test('after a conflict the image comes back with their text, and with ours to take', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await style_of(studio, 'Both at it', SCENE);
  await studio.put(style, 'b.png', picture(96, 96, 2));
  await open(page, studio, style);
  const caption = page.getByLabel('Caption', { exact: true });
  await studio.put(style, 'a.txt', Buffer.from('a caption by somebody else on this very quiet lake'));
  await caption.fill(`${SCENE} under rain`);
  await expect(page.getByText('Somebody else changed this caption.')).toBeVisible();
  await page.getByRole('link', { name: /^Next/ }).first().click();
  await expect(page).toHaveURL(/image=b\.png/);
  await page.getByRole('link', { name: /^Previous/ }).first().click();
  await expect(page).toHaveURL(/image=a\.png/);
  await expect(caption).toHaveValue(/^a caption by somebody else/);
  await expect(page.getByText('The caption was changed since')).toBeVisible();
  await expect(page.getByText(`${SCENE} under rain`, { exact: true })).toBeVisible();
  expect(await stored(studio, style)).toMatch(/^a caption by somebody else/);
  await page.getByRole('button', { name: 'Use this text' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  expect(await stored(studio, style)).toBe(`${SCENE} under rain`);
  // the browser's own word on the refused write
  expect(errors.filter((e) => !e.includes('Failed to load resource'))).toEqual([]);
});

test('a conflict is settled by keyboard, which goes on in the box', async ({ page, studio }) => {
  const style = await style_of(studio, 'Settled', SCENE);
  await open(page, studio, style);
  const caption = page.getByLabel('Caption', { exact: true });
  const theirs = 'a caption by somebody else on this very quiet lake';
  await studio.put(style, 'a.txt', Buffer.from(theirs));
  await caption.fill(`${SCENE} under rain`);
  await page.getByRole('link', { name: 'Load theirs' }).press('Enter');
  await expect(caption).toHaveValue(theirs);
  await expect(page.getByText('Somebody else changed this caption.')).toBeHidden();
  await expect(caption).toBeFocused();
  await studio.put(style, 'a.txt', Buffer.from(`${theirs} again`));
  await caption.fill(`${SCENE} under snow`);
  await page.getByRole('button', { name: 'Save mine over it' }).press('Enter');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await expect(page.getByText('Somebody else changed this caption.')).toBeHidden();
  await expect(caption).toBeFocused();
  expect(await stored(studio, style)).toBe(`${SCENE} under snow`);
});

test('a save that the server was away for is tried again: by itself, on leaving the box, by the button', async ({ page, studio }) => {
  const style = await style_of(studio, 'Away', SCENE);
  await open(page, studio, style);
  const caption = page.getByLabel('Caption', { exact: true });
  const refuse = () => page.route('**/rpc/save_caption', (route) => route.abort());
  const again = page.getByRole('button', { name: 'Try again' });
  const is_saved = async (text: string) => {
    await expect(page.getByText('Saved', { exact: true })).toBeVisible();
    await expect(again).toBeHidden();
    expect(await stored(studio, style)).toBe(text);
  };
  const refused_on = async (text: string) => {
    await refuse();
    await caption.fill(text);
    await expect(page.getByText('Not saved', { exact: true })).toBeVisible();
    await expect(again).toBeVisible();
    await page.unroute('**/rpc/save_caption');
  };
  await refused_on(`${SCENE} one`);
  await is_saved(`${SCENE} one`);
  // from here on no clock helps
  await page.clock.install();
  await refuse();
  await caption.fill(`${SCENE} two`);
  await caption.blur();
  await expect(again).toBeVisible();
  await expectAccessible(page);
  await page.unroute('**/rpc/save_caption');
  await caption.focus();
  await caption.blur();
  await is_saved(`${SCENE} two`);
  await refuse();
  await caption.fill(`${SCENE} three`);
  await caption.blur();
  await expect(again).toBeVisible();
  await page.unroute('**/rpc/save_caption');
  await again.click();
  await is_saved(`${SCENE} three`);
});

test('a caption whose save fails while its image is left is named, and saved when the server is back', async ({ page, studio }) => {
  const style = await style_of(studio, 'Left Behind', SCENE);
  await studio.put(style, 'b.png', picture(96, 96, 2));
  await open(page, studio, style);
  await page.route('**/rpc/save_caption', (route) => route.abort());
  await page.getByLabel('Caption', { exact: true }).fill(`${SCENE} under rain`);
  await page.getByRole('link', { name: /^Next/ }).first().click();
  await expect(page).toHaveURL(/image=b\.png/);
  const told = page.getByRole('alert').filter({ hasText: '1 caption is not saved.' });
  await expect(told.getByRole('link', { name: 'a.png' })).toBeVisible();
  await expectAccessible(page);
  await page.unroute('**/rpc/save_caption');
  await expect(told).toBeHidden();
  expect(await stored(studio, style)).toBe(`${SCENE} under rain`);
  // over a text by somebody else it is not written: the person chooses
  await page.getByRole('link', { name: /^Previous/ }).first().click();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(`${SCENE} under rain`);
  await studio.put(style, 'a.txt', Buffer.from('a caption by somebody else on this very quiet lake'));
  await page.getByLabel('Caption', { exact: true }).fill(`${SCENE} under snow`);
  await page.getByRole('link', { name: /^Next/ }).first().click();
  await told.getByRole('link', { name: 'a.png' }).click();
  await expect(page.getByText('There is text that was not saved.')).toBeVisible();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(/^a caption by somebody else/);
  await expect(told).toBeHidden();
  expect(await stored(studio, style)).toMatch(/^a caption by somebody else/);
});

test('what is saved as one types leaves nothing to offer, and its checks follow', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await style_of(studio, 'Followed', SCENE);
  await open(page, studio, style);
  const checks = page.getByRole('status', { name: 'Caption checks' });
  await expect(checks).toContainText('Nothing to mend');
  await page.getByLabel('Caption', { exact: true }).fill(`${SCENE}, style_16`);
  await expect(page.getByText('Checked again when it is saved.')).toBeVisible();
  await expect(checks).toContainText('Trigger twice');
  await page.getByRole('button', { name: 'Fix “Trigger twice”' }).press('Enter');
  await expect(page.getByLabel('Caption', { exact: true })).toBeFocused();
  await expect(checks).toContainText('Nothing to mend');
  await expect(page.getByLabel('Caption', { exact: true })).toBeFocused();
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(SCENE);
  expect(await stored(studio, style)).toBe(SCENE);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('caption-draft')))).toEqual([]);
  expect(errors).toEqual([]);
});

test('an edit of many and its undo happen in place, and the focus reads the preview', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await style_of(studio, 'In place', `${SCENE}, style_16`);
  await page.goto(`${studio.url}/styles/${style}/data`);
  await hydrated(page);
  await page.getByLabel('Select a.png', { exact: true }).check();
  await page.getByRole('button', { name: 'Edit captions' }).click();
  await page.getByRole('radio', { name: 'Set trigger' }).check();
  await page.getByLabel('Where').selectOption('In no caption: the trainer adds it');
  await page.getByRole('button', { name: 'Preview every change' }).click();
  await expect(page.getByRole('heading', { name: /^Preview: Took “style_16” out/ })).toBeFocused();
  await page.getByRole('button', { name: 'Change 1 caption' }).click();
  await expect(page.getByText('1 caption changed.')).toBeVisible();
  expect(await stored(studio, style)).toBe(SCENE);
  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await expect(page.getByText('Undone: 1 caption brought back.')).toBeVisible();
  expect(await stored(studio, style)).toBe(`${SCENE}, style_16`);
  await page.getByRole('link', { name: 'Back to the images' }).click();
  await expect(page.getByLabel('Select a.png', { exact: true })).toBeVisible();
  expect(errors).toEqual([]);
});

test('who edits many by keyboard is led to each preview, to what was refused, to what was done, and into the next view', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await studio.style('By Keyboard', 'style_16');
  await studio.many(style, 52);
  for (let i = 0; i < 52; i++) await studio.put(style, `n${String(i).padStart(4, '0')}.txt`, Buffer.from(`a small boat at pier ${i}`));
  await page.goto(`${studio.url}/styles/${style}/data?view=captions`);
  await hydrated(page);
  const [find, ask] = [page.getByLabel('Find', { exact: true }), page.getByRole('button', { name: 'Preview every change' })];
  const preview = async (from: string, to: string) => {
    await find.fill(from);
    await page.getByLabel('Replace by').fill(to);
    await ask.press('Enter');
    const heading = page.getByRole('heading', { name: `Preview: Replaced “${from}” by “${to}”` });
    await expect(heading).toBeFocused();
    await expect(heading).toBeInViewport();
  };
  await preview('boat', 'ship');
  await page.getByRole('navigation', { name: 'Pages of the preview' }).getByRole('link', { name: 'Next' }).press('Enter');
  await expect(page.getByText('51 to 52 of 52')).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Preview: / })).toBeFocused();
  // a second one, from the form far below the first
  await preview('small', 'large');
  await find.fill('');
  await ask.press('Enter');
  await expect(find).toBeFocused();
  await expect(find).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('link', { name: 'Discard' }).press('Enter');
  await expect(page.getByRole('heading', { name: /^Preview: / })).toBeHidden();
  await expect(ask).toBeFocused();
  await preview('small', 'large');
  await page.getByRole('button', { name: 'Change 52 captions' }).press('Enter');
  await expect(page.getByText('Replaced “small” by “large”: 52 captions changed.')).toBeVisible();
  await expect(page.locator('#captions-happened')).toBeFocused();
  await page.getByRole('button', { name: /^Undo/ }).first().press('Enter');
  await expect(page.getByText('Undone: 52 captions brought back.')).toBeVisible();
  await expect(page.locator('#captions-happened')).toBeFocused();
  const rules = page.getByRole('button', { name: 'Save rules' });
  await rules.press('Enter');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await expect(rules).toBeFocused();
  await page.getByLabel('Style words', { exact: true }).fill('x'.repeat(61));
  await rules.press('Enter');
  await expect(page.getByText('a style word has at most 60')).toBeVisible();
  await expect(page.getByLabel('Style words', { exact: true })).toBeFocused();
  await page.getByRole('link', { name: /^boat/ }).press('Enter');
  await expect(page.locator('#images-total')).toHaveText('52 images found');
  await expect(page.locator('#images-total')).toBeFocused();
  await page.getByLabel('Select n0000.png', { exact: true }).check();
  await page.getByRole('button', { name: 'Edit captions' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Captions', exact: true })).toBeFocused();
  await expectAccessible(page);
  // the browser's own word on what was refused
  expect(errors.filter((e) => !e.includes('Failed to load resource'))).toEqual([]);
});
