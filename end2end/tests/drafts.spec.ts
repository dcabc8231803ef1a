// Captions drafted by a vision model, with and without JavaScript: without it a reload shows how far a run is.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test as base } from '../fixtures/studio';
import { KEY, Vision } from '../fixtures/vision';

type Drafting = { vision: Vision; drafting: Studio };

const test = base.extend<object, Drafting>({
  vision: [
    async ({}, use) => {
      const vision = await new Vision().start();
      await use(vision);
      vision.stop();
    },
    { scope: 'worker' },
  ],
  drafting: [
    async ({ vision }, use) => {
      const studio = await new Studio(vision.variables).start();
      await use(studio);
      await studio.remove();
    },
    { scope: 'worker' },
  ],
});

/** A style whose images `a0.png`, … have no captions. */
async function bare(studio: Studio, title: string, count: number): Promise<string> {
  const style = await studio.style(title, 'style_ink');
  for (let i = 0; i < count; i++) await studio.put(style, `a${i}.png`, picture(96, 96, i));
  return style;
}

async function open(page: Page, studio: Studio, style: string, query = '?drafts=1') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

const panel = (page: Page) => page.getByRole('region', { name: 'Draft captions' });

/** Waits for words; without script they come with a reload. */
async function told(page: Page, words: string | RegExp, js: boolean) {
  const shown = panel(page).getByText(words).first();
  if (js) return expect(shown).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(shown).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

const caption = async (studio: Studio, style: string, name: string) => {
  const answer = await studio.api(`/api/styles/${style}/images/${name}/caption`);
  return answer.ok ? await answer.text() : null;
};

test('missing captions are drafted, edited, accepted and discarded', async ({ page, drafting, vision, js }) => {
  const errors = problems(page);
  const style = await bare(drafting, 'Drafted', 4);
  await open(page, drafting, style, '');
  await page.getByRole('link', { name: 'Draft them' }).click();
  await expect(panel(page)).toContainText('llava:13b at 127.0.0.1');
  await panel(page).getByLabel('Prompt').fill('One line. Never say [TRIGGER].');
  vision.hold();
  const before = vision.asked.length;
  const begin = panel(page).locator('button[value=missing]');
  await expect(begin).toHaveText('Draft 4 without a caption');
  await begin.press('Enter');
  await told(page, '0 of 4 drafted', js);
  await expect(panel(page).getByRole('progressbar')).toBeVisible();
  await expectAccessible(page);
  vision.letThrough();
  await told(page, /^4 captions drafted, /, js);
  if (js) await expect(begin).toBeFocused();
  await expect(begin).toBeDisabled();
  expect(vision.asked.slice(before)).toEqual(Array(4).fill('One line. Never say style_ink.'));
  await expect(panel(page)).toContainText('3,200 + 40 tokens, $0.0040');
  expect(await caption(drafting, style, 'a0.png')).toBeNull();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBe(0);
  await page.setViewportSize({ width: 1440, height: 1000 });

  const row = (name: string) => panel(page).getByRole('listitem').filter({ hasText: name });
  await row('a0.png').getByLabel('Draft for a0.png', { exact: true }).fill('');
  await row('a0.png').getByRole('button', { name: 'Accept the draft for a0.png' }).click();
  await expect(panel(page).getByText('The caption is empty, on which the trainer stops.')).toBeVisible();
  expect(await caption(drafting, style, 'a0.png')).toBeNull();
  await row('a0.png').getByLabel('Draft for a0.png', { exact: true }).fill('a boat in my own words');
  await row('a0.png').getByRole('button', { name: 'Accept the draft for a0.png' }).click();
  await expect(row('a0.png')).toBeHidden();
  expect(await caption(drafting, style, 'a0.png')).toBe('a boat in my own words');
  await row('a1.png').getByRole('button', { name: 'Discard the draft for a1.png' }).press('Enter');
  await expect(row('a1.png')).toBeHidden();
  if (js) {
    await expect(panel(page).getByRole('status').filter({ hasText: 'The draft for a1.png was discarded.' })).toBeAttached();
    await expect(row('a2.png').getByRole('button', { name: 'Accept the draft for a2.png' })).toBeFocused();
    const save = panel(page).getByRole('button', { name: 'Save prompt' });
    await panel(page).getByLabel('Prompt').fill('Another line.');
    await save.press('Enter');
    await expect(panel(page).getByText('Saved', { exact: true })).toBeVisible();
    // and not at the draft beside the one that was decided about before
    await expect(save).toBeFocused();
    // the page goes while the box still has the focus
    await row('a2.png').getByLabel('Draft for a2.png', { exact: true }).fill('typed and never left');
    await page.reload();
    await hydrated(page);
    await expect(row('a2.png').getByLabel('Draft for a2.png', { exact: true })).toHaveValue('typed and never left');
  }
  await panel(page).getByRole('button', { name: 'Accept all 2' }).press('Enter');
  await expect(panel(page).getByText('2 drafts accepted.')).toBeVisible();
  if (js) {
    await expect(panel(page).locator('#drafts-done')).toBeFocused();
    expect(await caption(drafting, style, 'a2.png')).toBe('typed and never left');
    expect(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('draft-edit')))).toEqual([]);
  }
  expect(await caption(drafting, style, 'a1.png')).toBeNull();
  expect(await caption(drafting, style, 'a3.png')).toMatch(/^a small boat/);
  // the browser's own word on the caption that was refused
  expect(errors.filter((e) => !e.includes('Failed to load resource'))).toEqual([]);
});

test('all are discarded after a question, and it is said how many', async ({ page, drafting, js }) => {
  const style = await bare(drafting, 'Discarded', 2);
  await open(page, drafting, style);
  await panel(page).getByRole('button', { name: 'Draft 2 without a caption' }).click();
  await told(page, /^2 captions drafted, /, js);
  await panel(page).getByText('Discard all 2…').click();
  await panel(page).getByRole('button', { name: 'Discard 2 drafts' }).press('Enter');
  await expect(panel(page).getByText('2 drafts discarded.')).toBeVisible();
  if (js) await expect(panel(page).locator('#drafts-done')).toBeFocused();
  await expect(panel(page).getByLabel('Draft for a0.png', { exact: true })).toBeHidden();
});

test('a selection is drafted from its bar, and a draft stands beside the caption of its image', async ({ page, drafting, js }) => {
  const style = await bare(drafting, 'Selected For Drafts', 3);
  await drafting.put(style, 'a1.txt', Buffer.from('words of before'));
  await open(page, drafting, style, '');
  await page.getByLabel('Select a1.png', { exact: true }).check();
  await page.getByRole('group', { name: 'Selection' }).getByRole('button', { name: 'Draft captions' }).click();
  await panel(page).getByRole('button', { name: 'Draft 1 selected' }).click();
  await told(page, /^1 caption drafted, /, js);
  await open(page, drafting, style, '?image=a1.png');
  const draft = page.getByRole('region', { name: 'Draft' });
  await expect(draft.getByText('Draft', { exact: true })).toBeVisible();
  await expect(draft).toContainText('Now: words of before');
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('words of before');
  await expectAccessible(page);
  await draft.getByRole('button', { name: 'Accept' }).press('Enter');
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(/^a small boat/);
  await expect(draft.getByRole('button', { name: 'Draft a caption' })).toBeVisible();
  if (js) await expect(page.getByLabel('Caption', { exact: true })).toBeFocused();
});

test('what changed since the draft is not overwritten unseen', async ({ page, drafting, js }) => {
  const style = await bare(drafting, 'Changed Since', 1);
  await open(page, drafting, style);
  await panel(page).getByRole('button', { name: 'Draft 1 without a caption' }).click();
  await told(page, /^1 caption drafted, /, js);
  // until then the page asks for the list again, and would know of the other caption
  if (js) await expect(page.getByText('being measured')).toBeHidden();
  await drafting.put(style, 'a0.txt', Buffer.from('somebody was faster'));
  await panel(page).getByRole('button', { name: 'Accept the draft for a0.png' }).click();
  await expect(panel(page).getByText('was changed in between')).toBeVisible();
  expect(await caption(drafting, style, 'a0.png')).toBe('somebody was faster');
  await expect(panel(page)).toContainText('Now: somebody was faster');
  await panel(page).getByRole('button', { name: 'Accept the draft for a0.png' }).click();
  await expect(panel(page).getByLabel('Draft for a0.png', { exact: true })).toBeHidden();
  expect(await caption(drafting, style, 'a0.png')).toMatch(/^a small boat/);
});

test('a run is stopped and gone on with, and failures say why', async ({ page, drafting, vision, js }) => {
  const style = await bare(drafting, 'Stopped Drafts', 4);
  await open(page, drafting, style);
  vision.hold();
  await panel(page).getByRole('button', { name: 'Draft 4 without a caption' }).click();
  await told(page, '0 of 4 drafted', js);
  await panel(page).getByRole('button', { name: 'Stop' }).click();
  await told(page, 'Stopped: 0 captions drafted, 4 left.', js);
  vision.letThrough();
  vision.script.push({ text: 'I cannot help with that.' }, { status: 500 });
  await panel(page).getByRole('button', { name: 'Go on with 4' }).click();
  await told(page, '2 captions drafted; 2 not.', js);
  await expect(panel(page).getByText('was declined by the model')).toBeVisible();
  await expect(panel(page).getByText('answered with an error (500)')).toBeVisible();
  await expectAccessible(page);
  await panel(page).getByRole('button', { name: 'Try 2 again' }).click();
  await told(page, /^4 captions drafted, /, js);
  vision.script.push({ status: 401 });
  await open(page, drafting, style, '?drafts=1&filenames%5B%5D=a0.png');
  await panel(page).getByRole('button', { name: 'Draft 1 selected' }).click();
  await told(page, 'Check CAPTION_API_KEY', js);
  expect(await page.content()).not.toContain(KEY);
});

test('without a model the panel says how to configure one', async ({ page, studio }) => {
  const style = await bare(studio, 'No Model', 1);
  await open(page, studio, style, '?image=a0.png');
  await page.getByRole('link', { name: 'Draft a caption…' }).click();
  await expect(panel(page)).toContainText('CAPTION_API_BASE=http://127.0.0.1:11434/v1');
  await expect(panel(page).getByRole('button', { name: 'Draft 1 without a caption' })).toBeDisabled();
  await expectAccessible(page);
});
