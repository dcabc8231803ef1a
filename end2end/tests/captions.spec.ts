// Captions of a style as everybody has them: checks with their fixes, edits of many, words. With JavaScript on and off.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

const SCENE = 'a red fishing boat lying on a quiet lake at dusk';

async function go(page: Page, studio: Studio, style: string, query = '') {
  await page.goto(`${studio.url}/styles/${style}/data${query}`);
  await hydrated(page);
}

/** A style with these captions, of `0.png`, `1.png`, … */
async function captioned(studio: Studio, title: string, captions: string[]): Promise<string> {
  const style = await studio.style(title, 'style_16');
  for (const [i, text] of captions.entries()) {
    await studio.put(style, `${i}.png`, picture(96, 96, i));
    await studio.put(style, `${i}.txt`, Buffer.from(text));
  }
  return style;
}

const caption_of = async (studio: Studio, style: string, name: string) =>
  (await studio.api(`/api/styles/${style}/images/${name}/caption`)).text();

test('a caption is checked beside its editor, and a certain fix is one press', async ({ page, studio }) => {
  const errors = problems(page);
  const style = await captioned(studio, 'Checked', [`an oil painting of ${SCENE}, style_16`, 'two herons walking in the shallow water by the reeds']);
  await go(page, studio, style);
  await expect(page.getByRole('link', { name: '1 problem caption' })).toBeVisible();
  await page.getByRole('link', { name: '1 problem caption' }).click();
  await expect(page.getByText('1 image found')).toBeVisible();
  await page.getByRole('link', { name: '0.png' }).click();
  const checks = page.getByRole('status', { name: 'Caption checks' });
  await expect(checks).toContainText('“style_16” is in the caption, and the trainer puts it before each caption');
  await expect(checks).toContainText('“oil painting” describes the style');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Fix “Trigger twice”' }).click();
  await expect(checks).not.toContainText('Trigger twice');
  await page.getByRole('button', { name: 'Fix “Style words”' }).click();
  await expect(checks).toContainText('Nothing to mend in this caption.');
  await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(SCENE);
  expect(await caption_of(studio, style, '0.png')).toBe(SCENE);
  expect(errors).toEqual([]);
});

test('every remark has its remedy: words that do not go for certain are taken out on sight, another text is drafted', async ({ page, studio }) => {
  const style = await captioned(studio, 'Remedies', ['a girl on the shore of a lake draws a boat with a pencil', 'a heron', 'a watercolor']);
  await studio.put(style, 'bare.png', picture(96, 96, 5));
  await go(page, studio, style, '?image=0.png');
  const checks = page.getByRole('status', { name: 'Caption checks' });
  await expect(checks).toContainText('“pencil” describes the style');
  await expect(checks.locator('.as-trained')).toHaveText('a girl on the shore of a lake draws a boat with');
  await page.getByRole('button', { name: 'Take the words out' }).click();
  await expect(checks).toContainText('Nothing to mend in this caption.');
  expect(await caption_of(studio, style, '0.png')).toBe('a girl on the shore of a lake draws a boat with');
  for (const [name, remarks] of [['1.png', ['Few words']], ['2.png', ['Style words', 'Few words']], ['bare.png', ['No caption']]] as const) {
    await go(page, studio, style, `?image=${name}`);
    for (const remark of remarks) await expect(checks.getByRole('link', { name: `Draft it…: “${remark}”` })).toBeVisible();
  }
  await expectAccessible(page);
  await go(page, studio, style, '?view=captions');
  await page.getByRole('link', { name: 'Draft them: “Few words”' }).click();
  await hydrated(page);
  await expect(page.getByRole('region', { name: 'Draft captions' })).toBeVisible();
  await expect(page.getByLabel('Select 1.png', { exact: true })).toBeChecked();
  await expect(page.getByLabel('Select 2.png', { exact: true })).toBeChecked();
});

test('problem captions are selected and edited with a preview of every change, which can be undone', async ({ page, studio, js }) => {
  const errors = problems(page);
  const style = await captioned(studio, 'Edited', [`${SCENE}, style_16`, 'a small boat', 'two herons walking in the shallow water by the reeds']);
  await go(page, studio, style);
  if (js) {
    await page.getByText('Select', { exact: true }).click();
    await page.getByRole('link', { name: 'Problem captions', exact: true }).click();
  } else {
    await page.goto(`${studio.url}/styles/${style}/data?select=problem:caption`);
  }
  await expect(page.getByLabel('Select 0.png', { exact: true })).toBeChecked();
  await expect(page.getByLabel('Select 2.png', { exact: true })).not.toBeChecked();
  await page.getByRole('button', { name: 'Edit captions' }).click();
  await hydrated(page);
  await expect(page.getByRole('radio', { name: 'The selection (2 images)' })).toBeChecked();
  await page.getByLabel('Find', { exact: true }).fill('boat');
  await page.getByLabel('Replace by').fill('ship');
  await page.getByRole('button', { name: 'Preview every change' }).click();
  const preview = page.getByRole('region', { name: 'Preview: Replaced “boat” by “ship”' });
  await expect(preview).toContainText('2 captions change.');
  await expect(preview.locator('del').first()).toHaveText('boat');
  await expect(preview.locator('ins').first()).toHaveText('ship');
  await expectAccessible(page);
  expect(await caption_of(studio, style, '1.png')).toBe('a small boat');
  await studio.put(style, '1.txt', Buffer.from('a small boat, and somebody'));
  await preview.getByRole('button', { name: 'Change 2 captions' }).click();
  await expect(page.getByText('Replaced “boat” by “ship”: 1 caption changed.')).toBeVisible();
  await expect(page.getByText('1.png was changed meanwhile')).toBeVisible();
  expect(await caption_of(studio, style, '0.png')).toContain('fishing ship');
  await page.getByRole('button', { name: 'Undo: Replaced “boat” by “ship”' }).first().click();
  await expect(page.getByText('Undone: 1 caption brought back.')).toBeVisible();
  expect(await caption_of(studio, style, '0.png')).toBe(`${SCENE}, style_16`);
  expect(await caption_of(studio, style, '1.png')).toBe('a small boat, and somebody');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('a pattern that cannot be read is said beside its field, and one that can is previewed', async ({ page, studio }) => {
  const style = await captioned(studio, 'Patterns', ['a boat 12 and a boat 13']);
  await go(page, studio, style, '?view=captions');
  await page.getByRole('radio', { name: 'Replace a pattern' }).check();
  await page.getByLabel('Find', { exact: true }).fill('(boat');
  await page.getByRole('button', { name: 'Preview every change' }).click();
  await expect(page.getByText('The pattern cannot be read: unclosed group.')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Replace a pattern' })).toBeChecked();
  await expect(page.getByLabel('Find', { exact: true })).toHaveValue('(boat');
  await page.getByLabel('Find', { exact: true }).fill('boat (\\d+)');
  await page.getByLabel('Replace by').fill('no. $1');
  await page.getByRole('button', { name: 'Preview every change' }).click();
  await expect(page.getByText('After: a no. 12 and a no. 13')).toBeVisible();
  await page.getByRole('link', { name: 'Discard' }).click();
  await expect(page.getByText('After: a no. 12 and a no. 13')).toHaveCount(0);
  expect(await caption_of(studio, style, '0.png')).toBe('a boat 12 and a boat 13');
});

test('fields of the chosen operation alone are shown, and all certain fixes of a problem are previewed by one press', async ({ page, studio }) => {
  const style = await captioned(studio, 'Operations', [`${SCENE}, style_16`, `a dog on the beach looks at ${SCENE}, style_16`, 'a heron', 'a gull', 'a duck']);
  await go(page, studio, style, '?view=captions');
  await expect(page.getByRole('link', { name: 'Trigger twice' })).toBeVisible();
  await expect(page.getByLabel('Text', { exact: true })).toBeHidden();
  await page.getByRole('radio', { name: 'Append' }).check();
  await expect(page.getByLabel('Text', { exact: true })).toBeVisible();
  await expect(page.getByLabel('Find', { exact: true })).toBeHidden();
  await page.getByRole('button', { name: 'Preview the fixes of “Trigger twice”' }).click();
  await expect(page.getByRole('heading', { name: 'Preview: Fixed “Trigger twice”' })).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Those of the preview (5 images)' })).toBeChecked();
  await page.getByRole('button', { name: 'Change 2 captions' }).click();
  await expect(page.getByText('Fixed “Trigger twice”: 2 captions changed.')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Those of the preview' })).toHaveCount(0);
  await expect(page.getByRole('radio', { name: 'All images of the style' })).toBeChecked();
  expect(await caption_of(studio, style, '0.png')).toBe(SCENE);
  await expect(page.getByRole('link', { name: 'Trigger twice' })).toHaveCount(0);
});

test('words of the style are a list of one’s own, and a word leads to its images', async ({ page, studio }) => {
  const style = await captioned(studio, 'Worded', [SCENE, 'two herons walking in the shallow water by the reeds']);
  await go(page, studio, style, '?view=captions');
  await expect(page.getByText('2 images, nothing to mend.')).toBeVisible();
  await page.getByLabel('Style words', { exact: true }).fill('fishing, oil painting');
  await page.getByRole('button', { name: 'Save rules' }).click();
  await expect(page.getByRole('link', { name: 'Style words' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'style word fishing' })).toBeVisible();
  await page.getByLabel('Style words', { exact: true }).fill('x'.repeat(61));
  await page.getByRole('button', { name: 'Save rules' }).click();
  await expect(page.getByText('a style word has at most 60')).toBeVisible();
  await page.getByRole('link', { name: 'herons' }).click();
  await expect(page.getByText('1 image found')).toBeVisible();
  await expect(page.getByRole('link', { name: '1.png' })).toBeVisible();
});

test('is whole on a phone', async ({ page, studio }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const style = await captioned(studio, 'Narrow captions', [`${SCENE} ${'x'.repeat(120)}`, 'a boat']);
  await go(page, studio, style, '?view=captions');
  await page.getByLabel('Find', { exact: true }).fill('boat');
  await page.getByRole('button', { name: 'Preview every change' }).click();
  await expect(page.getByText('2 captions change.')).toBeVisible();
  // a page that a plain form leads to has words before it has its style sheet
  await page.waitForLoadState('load');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});
