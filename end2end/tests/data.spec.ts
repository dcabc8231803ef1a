// The training data page as everybody has it: every test runs with JavaScript on and off.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../fixtures/axe';
import { expect, hydrated, picture, problems, Studio, test } from '../fixtures/studio';

const page_of = (studio: Studio, style: string, query = '') => `${studio.url}/styles/${style}/data${query}`;

async function go(page: Page, studio: Studio, style: string, query = '') {
  await page.goto(page_of(studio, style, query));
  await hydrated(page);
}

const tick = (page: Page, name: string) => page.getByLabel(`Select ${name}`, { exact: true }).check();
const caption_of = async (studio: Studio, style: string, name: string) =>
  (await studio.api(`/api/styles/${style}/images/${encodeURIComponent(name)}/caption`)).text();

test.describe('the list', () => {
  test('shows names as people have them, captions, sets and counts', async ({ page, studio }) => {
    const errors = problems(page);
    const style = await studio.style('Listed');
    const names = await studio.images(style, 3);
    const strange = '50%20off + café ☕ & more.png';
    await studio.put(style, strange, picture(64, 64, 9));
    await studio.set(style, names.slice(0, 2));
    await go(page, studio, style);
    await expect(page.getByText('4 images', { exact: true })).toBeVisible();
    await expect(page.getByRole('link', { name: '1 without caption' })).toBeVisible();
    const tile = page.locator('.tile').filter({ hasText: names[0] });
    await expect(tile.getByText('a small boat number 0 on a calm lake')).toBeVisible();
    await expect(tile.getByTitle('Set 1')).toBeVisible();
    await page.getByRole('link', { name: strange }).click();
    await expect(page.getByRole('heading', { name: strange })).toBeVisible();
    await expect(page.getByText('64 × 64')).toBeVisible();
    expect(errors).toEqual([]);
  });

  test('narrows by text and words, and says when nothing fits', async ({ page, studio, js }) => {
    const style = await studio.style('Narrowed');
    const names = await studio.images(style, 4, (i) => (i === 2 ? 'a heron in fog' : 'a small boat'));
    await studio.put(style, 'bare.png', picture(64, 64, 5));
    await studio.set(style, [names[0], names[2]]);
    const filter = async (text: string) => {
      await page.getByLabel('Filter').fill(text);
      if (!js) await page.getByRole('button', { name: 'Apply' }).click();
    };
    await go(page, studio, style);
    await filter('heron');
    await expect(page.getByText('1 image found')).toBeVisible();
    await expect(page.getByRole('link', { name: names[2] })).toBeVisible();
    await expect(page.getByRole('link', { name: names[1] })).toHaveCount(0);
    await filter('set:1 boat');
    await expect(page.getByText('1 image found')).toBeVisible();
    await expect(page.getByRole('link', { name: names[0] })).toBeVisible();
    await filter('-set:1');
    await expect(page.getByText('3 images found')).toBeVisible();
    await filter('missing:caption');
    await expect(page.getByRole('link', { name: 'bare.png' })).toBeVisible();
    await filter('no such thing');
    await page.getByRole('link', { name: 'Show all images' }).click();
    await expect(page.getByText('5 images', { exact: true })).toBeVisible();
  });

  test('of more than 200 images has all of them within reach', async ({ page, studio, js }) => {
    const style = await studio.style('Long');
    const body = picture(16, 16, 1);
    for (let i = 0; i < 203; i++) await studio.put(style, `n${String(i).padStart(3, '0')}.png`, body);
    await go(page, studio, style);
    await expect(page.getByText('203 images', { exact: true })).toBeVisible();
    if (js) await page.locator('.tile').last().evaluate(() => scrollTo(0, document.body.scrollHeight));
    else await page.getByRole('link', { name: 'Next 200' }).click();
    await expect(page.getByRole('link', { name: 'n202.png' })).toBeVisible();
  });

  test('stands in the order asked for, and an unknown word of the filter is named', async ({ page, studio, js }) => {
    const style = await studio.style('Ordered');
    const names = await studio.images(style, 3, (i) => 'boat '.repeat(3 - i).trim());
    const apply = async () => js || (await page.getByRole('button', { name: 'Apply' }).click());
    await go(page, studio, style);
    await page.getByLabel('Sort').selectOption('Name Z–A');
    await apply();
    await expect(page.locator('.tile').first()).toContainText(names[2]);
    await page.getByLabel('Sort').selectOption('Longest caption');
    await apply();
    await expect(page.locator('.tile').first()).toContainText(names[0]);
    await expect(page).toHaveURL(/sort=-caption/);
    await page.getByLabel('Filter').fill('near:x');
    await apply();
    await expect(page.getByText('"near:x" is not a filter. Known are missing:caption, set:2')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Filter').fill('words<2');
    await apply();
    await expect(page.getByText('1 image found')).toBeVisible();
    await expect(page.locator('.tile').first()).toContainText(names[2]);
  });

  test('leads to a large view of an image and back', async ({ page, studio }) => {
    const style = await studio.style('Large');
    const names = await studio.images(style, 3);
    await studio.set(style, [names[1]], 'Best of June');
    await go(page, studio, style, `?image=${encodeURIComponent(names[0])}`);
    await page.getByRole('link', { name: 'Large view' }).click();
    await expect(page.locator('.tile').first()).toBeHidden();
    await page.getByRole('link', { name: 'Next image' }).click();
    await expect(page.getByRole('heading', { name: names[1] })).toBeVisible();
    await expect(page.locator('.inspector').getByText('Best of June')).toBeVisible();
    await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('a small boat number 1 on a calm lake');
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Back to the grid' }).click();
    await expect(page.getByRole('link', { name: names[2], exact: true })).toBeVisible();
    await expect(page.getByRole('heading', { name: names[1] })).toBeVisible();
  });

  test('says what is wrong and what to do when the bucket does not answer', async ({ page }) => {
    const studio = await new Studio({
      S3_USER_BUCKET: 'nowhere',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      S3_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    }).start();
    try {
      const style = await studio.style('Unreachable');
      await go(page, studio, style);
      await expect(page.getByRole('alert')).toContainText(/S3|bucket/);
      await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible();
      await expectAccessible(page);
    } finally {
      await studio.remove();
    }
  });
});

test.describe('uploading', () => {
  test('begins on an empty page, keeps what it can and names what it refuses', async ({ page, studio, js }) => {
    const style = await studio.style('Uploaded');
    await go(page, studio, style);
    await expect(page.getByRole('heading', { name: 'Drop the first images and captions here' })).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Choose images and captions').setInputFiles([
      { name: 'A Boy and a Girl (1).png', mimeType: 'image/png', buffer: picture(96, 64, 1) },
      { name: 'A Boy and a Girl (1).txt', mimeType: 'text/plain', buffer: Buffer.from('a boy and a girl on a bridge') },
      { name: 'scan.tiff', mimeType: 'image/tiff', buffer: Buffer.from('II*\0') },
      { name: 'Photo.Jpg', mimeType: 'image/jpeg', buffer: Buffer.from('x') },
    ]);
    if (!js) await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect(page.getByText('1 image', { exact: true })).toBeVisible();
    await expect(page.getByText('a boy and a girl on a bridge').first()).toBeVisible();
    await expect(page.getByText(/scan\.tiff.* the trainer does not read/)).toBeVisible();
    // with script the content is known before the name is judged
    await expect(page.getByText(js ? 'Photo.Jpg is text, not a picture' : 'Rename it to .jpg')).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Uploaded' }).getByText('1', { exact: true })).toBeVisible();
  });
});

test.describe('a caption', () => {
  test('is stored as it was typed', async ({ page, studio, js }) => {
    const style = await studio.style('Typed');
    const [name] = await studio.images(style, 2);
    await go(page, studio, style);
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByLabel('Caption', { exact: true }).fill('a heron, 100% still\nin the reeds & fog');
    if (!js) await page.getByRole('button', { name: 'Save caption' }).click();
    await expect.poll(() => caption_of(studio, style, name)).toMatch(/^a heron, 100% still\r?\nin the reeds & fog$/);
    await expect(page.getByRole('status').filter({ hasText: /^Saved$/ })).toBeVisible();
    await expect(page.locator('.tile').filter({ hasText: name }).getByText('a heron, 100% still')).toBeVisible();
  });

  test('that is empty is refused with the reason, and what was typed stays', async ({ page, studio, js }) => {
    const style = await studio.style('Refused');
    const [name] = await studio.images(style, 1);
    await go(page, studio, style, `?image=${encodeURIComponent(name)}`);
    await page.getByLabel('Caption', { exact: true }).fill('  ');
    if (!js) await page.getByRole('button', { name: 'Save caption' }).click();
    await expect(page.getByRole('alert')).toContainText('on which the trainer stops');
    await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('  ');
    expect(await caption_of(studio, style, name)).toContain('boat');
  });

  for (const choice of ['Load theirs', 'Save mine over it']) {
    test(`that somebody else changed meanwhile is a choice: ${choice}`, async ({ page, studio, js }) => {
      const style = await studio.style(`Contested ${choice}`);
      const [name] = await studio.images(style, 1);
      await go(page, studio, style, `?image=${encodeURIComponent(name)}`);
      await studio.put(style, name.replace('.png', '.txt'), Buffer.from('their words'));
      await page.getByLabel('Caption', { exact: true }).fill('my words');
      if (!js) await page.getByRole('button', { name: 'Save caption' }).click();
      await expect(page.getByText('Yours is not saved.')).toBeVisible();
      await expect(page.getByText('It now reads: their words')).toBeVisible();
      expect(await caption_of(studio, style, name)).toBe('their words');
      await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('my words');
      await expectAccessible(page);
      await page.getByText(choice, { exact: true }).click();
      const stays = choice === 'Load theirs' ? 'their words' : 'my words';
      await expect(page.getByText('Yours is not saved.')).toHaveCount(0);
      await expect(page.getByLabel('Caption', { exact: true })).toHaveValue(stays);
      await expect.poll(() => caption_of(studio, style, name)).toBe(stays);
    });
  }

  test('previous and next follow the list', async ({ page, studio }) => {
    const style = await studio.style('In Order');
    const names = await studio.images(style, 3);
    await go(page, studio, style, `?image=${encodeURIComponent(names[1])}`);
    await page.getByRole('link', { name: 'Next image' }).click();
    await expect(page.getByRole('heading', { name: names[2] })).toBeVisible();
    await page.getByRole('link', { name: 'Previous image' }).click();
    await page.getByRole('link', { name: 'Previous image' }).click();
    await expect(page.getByRole('heading', { name: names[0] })).toBeVisible();
    await expect(page.getByLabel('Caption', { exact: true })).toHaveValue('a small boat number 0 on a calm lake');
    await page.getByRole('link', { name: 'Close' }).click();
    await expect(page.getByLabel('Caption', { exact: true })).toHaveCount(0);
  });
});

test.describe('selection sets', () => {
  test('are saved, led on to training, updated, renamed and deleted', async ({ page, studio, js }) => {
    const style = await studio.style('Sets');
    const names = await studio.images(style, 4);
    const sets = async () => (await studio.json(`/api/styles/${style}/selection-sets`)).sets;
    await go(page, studio, style);
    await tick(page, names[0]);
    await tick(page, names[2]);
    const bar = page.getByRole('group', { name: 'Selection' });
    await bar.getByText('Save as set').click();
    await bar.getByLabel('Name').fill('Best of June');
    await bar.getByRole('button', { name: 'Save set' }).press('Enter');
    await expect(page.getByText('Best of June saved, 2 images.')).toBeVisible();
    if (js) await expect(bar.locator('summary')).toBeFocused();
    await expect(page.getByRole('link', { name: 'Train LoRA on Best of June' })).toHaveAttribute('href', `/styles/${style}/train?set=1`);
    expect(await sets()).toEqual([{ id: 1, etag: expect.any(String), name: 'Best of June', filenames: [names[0], names[2]] }]);
    await expectAccessible(page);

    await tick(page, names[3]);
    await bar.getByRole('button', { name: 'Update Best of June' }).press('Enter');
    await expect(page.getByText('Best of June saved, 3 images.')).toBeVisible();
    if (js) await expect(bar.getByRole('button', { name: 'Update Best of June' })).toBeFocused();
    expect(await sets()).toEqual([{ id: 1, etag: expect.any(String), name: 'Best of June', filenames: [names[0], names[2], names[3]] }]);

    await page.getByText('Edit Best of June').click();
    const panel = page.locator('.toolbar .popover__panel');
    await panel.getByLabel('Name').fill('Only the best');
    await panel.getByRole('button', { name: 'Rename' }).click();
    await expect(page.getByText('Edit Only the best')).toBeVisible();
    expect((await sets())[0].name).toBe('Only the best');

    await page.getByText('Edit Only the best').click();
    await panel.getByText('Delete this set…').click();
    await panel.getByRole('button', { name: 'Delete Only the best' }).click();
    await expect(page.getByText('Only the best deleted. Its images stay.')).toBeVisible();
    expect(await sets()).toEqual([]);
    await expect(page.getByText('4 images', { exact: true })).toBeVisible();
  });

  test('select their images when they are chosen, and keep those that a filter hides', async ({ page, studio }) => {
    const style = await studio.style('Chosen');
    const names = await studio.images(style, 4);
    await studio.set(style, [names[0], names[3]]);
    await go(page, studio, style, '?set=1');
    await expect(page.getByLabel(`Select ${names[0]}`, { exact: true })).toBeChecked();
    await expect(page.getByLabel(`Select ${names[1]}`, { exact: true })).not.toBeChecked();
    await go(page, studio, style, '?set=1&filter=number%201');
    await tick(page, names[1]);
    await page.getByRole('button', { name: 'Update Set 1' }).click();
    await expect(page.getByText('Set 1 saved, 3 images.')).toBeVisible();
    const { sets } = await studio.json(`/api/styles/${style}/selection-sets`);
    expect([...sets[0].filenames].sort()).toEqual([names[0], names[1], names[3]]);
  });

  test('select all and select those without a caption work', async ({ page, studio }) => {
    const style = await studio.style('All');
    const names = await studio.images(style, 2);
    await studio.put(style, 'bare.png', picture(64, 64, 5));
    await go(page, studio, style);
    await page.getByText('Select', { exact: true }).click();
    await page.getByRole('link', { name: 'All listed' }).click();
    for (const name of [...names, 'bare.png']) await expect(page.getByLabel(`Select ${name}`, { exact: true })).toBeChecked();
    await page.getByText('Select', { exact: true }).click();
    await page.getByRole('link', { name: 'Without caption', exact: true }).click();
    await expect(page.getByLabel('Select bare.png', { exact: true })).toBeChecked();
    await expect(page.getByLabel(`Select ${names[0]}`, { exact: true })).not.toBeChecked();
    await page.getByRole('link', { name: 'Clear selection' }).click();
    await expect(page.getByLabel('Select bare.png', { exact: true })).not.toBeChecked();
  });

  test('are made of a filter, of another set and of two, and follow their filter', async ({ page, studio }) => {
    const style = await studio.style('Made');
    const names = await studio.images(style, 4);
    await studio.set(style, names.slice(0, 2), 'First');
    await studio.set(style, names.slice(1, 3), 'Second');
    const sets = async () => (await studio.json(`/api/styles/${style}/selection-sets`)).sets;
    const menu = page.locator('.toolbar .popover').filter({ hasText: 'Combine two sets' });
    await go(page, studio, style, '?filter=number%20-set:1');
    await menu.locator('summary').first().click();
    await menu.getByLabel('Name of the smart set').fill('The rest');
    await menu.getByRole('button', { name: 'Save smart set' }).click();
    await expect(page.getByText('The rest saved, 2 images.')).toBeVisible();
    expect((await sets())[2]).toEqual({ id: 3, etag: expect.any(String), name: 'The rest', filenames: names.slice(2), filter: 'number -set:1' });
    await studio.put(style, 'number.png', picture(64, 64, 8));
    expect((await sets())[2].filenames).toEqual(['number.png', ...names.slice(2)]);

    await go(page, studio, style, '?set=1');
    await menu.locator('summary').first().click();
    await menu.getByRole('button', { name: 'Duplicate' }).click();
    await expect(page.getByText('First copy saved, 2 images.')).toBeVisible();

    await go(page, studio, style);
    await menu.locator('summary').first().click();
    await menu.getByLabel('How').selectOption('without');
    await menu.getByLabel('Second set').selectOption('Second');
    await menu.getByRole('button', { name: 'Select them' }).click();
    await expect(page.getByLabel(`Select ${names[0]}`, { exact: true })).toBeChecked();
    await expect(page.getByLabel(`Select ${names[1]}`, { exact: true })).not.toBeChecked();
    await menu.locator('summary').first().click();
    await menu.getByLabel('How').selectOption('together with');
    await menu.getByLabel('Second set').selectOption('Second');
    await menu.getByRole('button', { name: 'Save as new set' }).click();
    await expect(page.getByText('First together with Second saved, 3 images.')).toBeVisible();
    // what is selected is the new set: to update it at once changes nothing
    await page.getByRole('button', { name: 'Update First together with Second' }).click();
    await expect(page.getByText('First together with Second saved, 3 images.')).toBeVisible();
    expect((await sets())[4].filenames).toEqual(names.slice(0, 3));
  });

  test('with names that are gone say so and drop them', async ({ page, studio, js }) => {
    const style = await studio.style('Gone');
    const names = await studio.images(style, 2);
    await studio.set(style, [...names, 'lost.png']);
    await go(page, studio, style, '?set=1');
    // said on the page, before any menu is opened
    await expect(page.getByText('Set 1 holds 1 name whose image is no longer in the bucket: lost.png.')).toBeVisible();
    await page.getByRole('button', { name: 'Drop 1 name' }).press('Enter');
    await expect(page.getByText('Set 1 saved, 2 images.')).toBeVisible();
    if (js) await expect(page.locator('#happened')).toBeFocused();
    expect((await studio.json(`/api/styles/${style}/selection-sets`)).sets[0].filenames).toEqual(names);
  });

  test('with no image left is offered for deletion', async ({ page, studio }) => {
    const style = await studio.style('All Gone');
    await studio.images(style, 1);
    await studio.set(style, ['lost.png']);
    await go(page, studio, style, '?set=1');
    const told = page.locator('.notice').filter({ hasText: 'No image of Set 1 is left in the bucket. It holds 1 name: lost.png.' });
    await expectAccessible(page);
    await told.getByRole('button', { name: 'Delete Set 1' }).press('Enter');
    await expect(told).toHaveCount(0);
    expect((await studio.json(`/api/styles/${style}/selection-sets`)).sets).toEqual([]);
  });

  test('that another window changed are told apart by name, and theirs can be loaded', async ({ page, studio, js }) => {
    const style = await studio.style('Two Windows');
    const names = await studio.images(style, 3);
    await studio.set(style, names.slice(0, 2));
    await go(page, studio, style, '?set=1');
    await expect(page.getByLabel(`Select ${names[1]}`, { exact: true })).toBeChecked();
    const theirs = [names[0], names[2]];
    await studio.json(`/api/styles/${style}/selection-sets/1`, { filenames: theirs }, 'PUT');
    await page.getByRole('button', { name: 'Update Set 1' }).press('Enter');
    await expect(page.getByText(`Only in your selection: ${names[1]}. Only in the set: ${names[2]}.`)).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Load theirs' }).press('Enter');
    await expect(page.getByLabel(`Select ${names[1]}`, { exact: true })).not.toBeChecked();
    await expect(page.getByLabel(`Select ${names[2]}`, { exact: true })).toBeChecked();
    await expect(page.getByText('Only in your selection')).toHaveCount(0);
    if (js) await expect(page.locator('#images-total')).toBeFocused();
    // they are what the next change starts from
    await tick(page, names[1]);
    await page.getByRole('button', { name: 'Update Set 1' }).press('Enter');
    await expect(page.getByText('Set 1 saved, 3 images.')).toBeVisible();
  });

  test('a rename that somebody else was faster with keeps what was typed, and is given by a second press', async ({ page, studio, js }) => {
    const style = await studio.style('Renamed Twice');
    const names = await studio.images(style, 1);
    await studio.set(style, names);
    await go(page, studio, style, '?set=1');
    await page.getByText('Edit Set 1').click();
    await studio.json(`/api/styles/${style}/selection-sets/1`, { name: 'Theirs' }, 'PUT');
    await page.locator('#rename_set').fill('Mine');
    await page.locator('#rename_set').press('Enter');
    await expect(page.getByText('Press Rename again to give it what you typed.')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Theirs' })).toBeVisible();
    await expect(page.locator('#rename_set')).toHaveValue('Mine');
    if (js) await expect(page.locator('#rename_set')).toBeFocused();
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await expect(page.getByText('Mine saved, 1 image.')).toBeVisible();
  });

  test('too long a name is refused beside its field and stays typed', async ({ page, studio }) => {
    const style = await studio.style('Long Name');
    const [name] = await studio.images(style, 1);
    await go(page, studio, style);
    await tick(page, name);
    const bar = page.getByRole('group', { name: 'Selection' });
    await bar.getByText('Save as set').click();
    await bar.getByLabel('Name').fill('x'.repeat(81));
    await bar.getByRole('button', { name: 'Save set' }).click();
    await expect(page.getByText('The name has 81 characters; at most 80 fit.').first()).toBeVisible();
    await expect(page.locator('#set_name')).toHaveValue('x'.repeat(81));
  });
});

test.describe('deleting', () => {
  test('names the image and its caption first, and keeps them when asked to', async ({ page, studio, js }) => {
    const style = await studio.style('Deleted');
    const names = await studio.images(style, 3);
    await studio.set(style, names);
    await go(page, studio, style, `?image=${encodeURIComponent(names[1])}`);
    const ask = page.getByRole('link', { name: 'Delete…' });
    await ask.click();
    await expect(page.getByRole('heading', { name: 'Delete 1 image and its caption?' })).toBeVisible();
    const list = page.getByRole('list', { name: 'What is deleted' });
    await expect(list).toContainText(names[1]);
    await expect(list).toContainText('a small boat number 1 on a calm lake');
    await expect(page.getByText('Set 1 keeps 2 of 3 images.')).toBeVisible();
    await expectAccessible(page);
    await page.getByRole(js ? 'button' : 'link', { name: 'Keep it' }).click();
    await expect(page.getByRole('heading', { name: names[1] })).toBeVisible();
    expect((await studio.json(`/api/styles/${style}/images`)).total).toBe(3);
    await ask.click();
    await page.getByRole('button', { name: 'Delete 1 image' }).click();
    await expect(page.getByText('1 image deleted.')).toBeVisible();
    await expect(page.getByText('2 images', { exact: true })).toBeVisible();
    const { images } = await studio.json(`/api/styles/${style}/images`);
    expect(images.map((i: { filename: string }) => i.filename)).toEqual([names[0], names[2]]);
    const caption = await studio.api(`/api/styles/${style}/images/${encodeURIComponent(names[1])}/caption`);
    expect(caption.status).toBe(404);
  });

  test('a selection shows every name', async ({ page, studio }) => {
    const style = await studio.style('Many Deleted');
    const names = await studio.images(style, 4);
    await go(page, studio, style);
    await tick(page, names[0]);
    await tick(page, names[3]);
    await page.getByRole('group', { name: 'Selection' }).getByRole('button', { name: 'Delete…' }).click();
    await expect(page.getByRole('heading', { name: 'Delete 2 images and their 2 captions?' })).toBeVisible();
    const list = page.getByRole('list', { name: 'What is deleted' });
    for (const name of [names[0], names[3]]) await expect(list).toContainText(name);
    await page.getByRole('button', { name: 'Delete 2 images' }).click();
    await expect(page.getByText('2 images deleted.')).toBeVisible();
    await expect(page.getByRole('link', { name: names[0] })).toHaveCount(0);
    await expect(page.getByRole('link', { name: names[1] })).toBeVisible();
  });
});

test('the page is accessible and fits a phone, whatever is open', async ({ page, studio }) => {
  test.slow();
  const style = await studio.style('Seen By Axe');
  const names = await studio.images(style, 5);
  await studio.put(style, `${'a very long name '.repeat(12)}.png`, picture(64, 96, 5));
  await studio.set(style, names.slice(0, 2), 'Unbreakable'.repeat(7));
  await studio.set(style, names.slice(0, 3), `A long title ${'of many words '.repeat(5)}`.slice(0, 80).trim());
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const first = encodeURIComponent(names[0]);
    const queries = [`?set=1&upload=1&image=${first}`, '?filter=zzz&image=missing.png', `?set=2&image=${first}&view=large`, '?filter=near:x'];
    for (const query of queries) {
      await go(page, studio, style, query);
      await expectAccessible(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, `${width} ${query}`).toBe(0);
    }
  }
});
