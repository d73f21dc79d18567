// Walks through the page as somebody would who opens Songwright for the first time.
// SONGWRIGHT_BIN: the program. CHROMIUM: a browser (Debian's by default). SCREENSHOTS: where the pictures go (docs/screenshots).
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { accessibilityFaults, openBrowser, openPage, root } from './browser.mjs';
import { startSongwright } from './songwright.mjs';
import { namesInZip } from './zip.mjs';

const binary = process.env.SONGWRIGHT_BIN;
if (!binary) throw new Error('Set SONGWRIGHT_BIN to the songwright program.');
const pictures = process.env.SCREENSHOTS ?? `${root}docs/screenshots`;

const DESCRIPTION =
  'A slow bluesy ballad about a lighthouse keeper who misses the sea, upright piano and brushed drums, a tired low voice';
const SONG_MS = 180_000;

let studio;
let browser;
let page;
let part;
let pageErrors;

const picture = async (name) => {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(350);
  await page.screenshot({ path: `${pictures}/${name}.png` });
};
const assertAccessible = async () => assert.deepEqual(await accessibilityFaults(page), []);
const setLength = async (text) => {
  await page.fill('#length', text);
  await page.locator('#length').blur();
};

before(async () => {
  mkdirSync(pictures, { recursive: true });
  studio = await startSongwright(binary);
  browser = await openBrowser();
  ({ page, part, errors: pageErrors } = await openPage(browser, studio.url));
});

after(async () => {
  await browser?.close();
  await studio?.stop();
  await studio?.remove();
});

test('an empty shelf offers three examples', async () => {
  await part('empty').waitFor();
  assert.equal(await part('empty').locator('button').count(), 3);
  assert.equal(await part('song').count(), 0);
  await picture('empty');
  await assertAccessible();
});

test('a description that is too short is refused in place, and nothing is started', async () => {
  await page.fill('textarea', 'abc');
  await part('make').click();
  await page.getByText('2 more characters').waitFor();
  assert.equal(await page.locator('textarea').getAttribute('aria-invalid'), 'true');
  const { operations } = await page.evaluate(async () => (await fetch('/operations')).json());
  assert.deepEqual(operations, []);
});

test('the page says what it heard in the words', async () => {
  await page.fill('textarea', DESCRIPTION);
  await part('heard').waitFor();
  assert.match(await part('heard').innerText(), /piano/i);
  assert.ok((await page.locator('.box u').count()) > 0, 'what was understood is underlined');
});

test('a switch says whether there are words', async () => {
  const lyrics = page.getByRole('switch', { name: 'Words' });
  assert.equal(await lyrics.getAttribute('aria-checked'), 'true');
  await lyrics.click();
  assert.equal(await lyrics.getAttribute('aria-checked'), 'false');
  await lyrics.getByText('Instrumental').waitFor();
  await lyrics.click();
  await lyrics.getByText('With words').waitFor();
});

test('a song is made, stage by stage, and appears on the shelf', async () => {
  await setLength('1:00');
  // The page's own updates are recorded: a fast machine is through before a test can look twice.
  await page.evaluate(() => {
    window.seenStages = new Set();
    new MutationObserver(() => {
      for (const stage of document.querySelectorAll('[data-testid=work] [data-state=running]')) window.seenStages.add(stage.dataset.stage);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await page.keyboard.press('Control+Enter');
  await part('work').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=work] [data-stage]').length >= 4, undefined, { timeout: SONG_MS });
  await page.locator('[data-testid=work] [data-stage=render][data-state=running]').waitFor({ timeout: SONG_MS }).catch(() => {});
  await page.screenshot({ path: `${pictures}/running.png` });
  await part('song').waitFor({ timeout: SONG_MS });
  assert.equal(await part('song').count(), 1);
  assert.equal(await part('work').count(), 0, 'the card gives way to the song');
  const seen = await page.evaluate(() => [...window.seenStages]);
  assert.ok(seen.length >= 2, `true stages were shown, not only an end: ${seen}`);
});

test('the song has a title, a cover and its words', async () => {
  assert.notEqual((await part('song').locator('.title').innerText()).trim(), '');
  const cover = part('side').locator('img');
  await cover.waitFor();
  assert.ok((await cover.evaluate((img) => img.decode().then(() => img.naturalWidth))) >= 256);
  assert.ok((await part('lyrics').locator('button').count()) >= 4, 'lines of the lyrics are timed');
});

test('it plays, and a line of the lyrics is a place to go to', async () => {
  await part('play').click();
  const time = () => page.evaluate(() => document.querySelector('audio').currentTime);
  await page.waitForFunction(() => document.querySelector('audio').currentTime > 0.5);
  const first = await time();
  await page.waitForFunction((t) => document.querySelector('audio').currentTime > t + 0.5, first);
  await part('lyrics').locator('button').nth(2).click();
  await page.waitForFunction(() => document.querySelector('[data-testid=lyrics] [aria-current=true]') !== null);
  assert.ok((await time()) > first, 'the third line comes later');
  await assertAccessible();
  await page.mouse.move(720, 500);
  await picture('song');
});

test('the words follow the music', async () => {
  await page.evaluate(() => (document.querySelector('audio').currentTime = 45));
  await page.waitForFunction(() => {
    const line = document.querySelector('[data-testid=lyrics] [aria-current=true]');
    if (!line?.matches('button ~ button ~ button ~ button ~ button ~ button')) return false;
    const [words, sung] = [line.parentElement.getBoundingClientRect(), line.getBoundingClientRect()];
    return sung.top >= words.top && sung.bottom <= words.bottom;
  });
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('audio').paused);
});

test('the downloads stand free above the player, whatever the size', async () => {
  for (const [width, height] of [[1440, 900], [1000, 800], [390, 844]]) {
    await page.setViewportSize({ width, height });
    if (width < 720) await page.getByRole('button', { name: 'Songs', exact: true }).click();
    if (width < 1100) {
      await part('song').locator('.open').click();
      await page.locator('.side.open').waitFor();
      await page.waitForTimeout(250);
    }
    const covered = await part('side').getByRole('region', { name: 'Download' }).evaluate((downloads) =>
      [...downloads.querySelectorAll('button, a, label')].flatMap((control) => {
        const { left, right, top, bottom } = control.getBoundingClientRect();
        const corners = [[left + 4, top + 4], [right - 4, top + 4], [left + 4, bottom - 4], [right - 4, bottom - 4]];
        return corners.every(([x, y]) => control.contains(document.elementFromPoint(x, y))) ? [] : [control.innerText];
      }),
    );
    assert.deepEqual(covered, [], `at ${width}×${height}`);
    const bottom = (box) => box.y + box.height;
    const [words, downloads] = [await part('lyrics').boundingBox(), await part('bundle').boundingBox()];
    assert.ok(words.height >= 150 && bottom(words) < downloads.y, `the words end above the downloads at ${width}×${height}`);
    await page.keyboard.press('Escape');
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('the bundle is a zip with the recording and the cover', async () => {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), part('bundle').click()]);
  const names = namesInZip(readFileSync(await download.path()));
  assert.ok(names.some((name) => /\.wav$/i.test(name)), `a WAV in ${names}`);
  assert.ok(names.some((name) => /\.png$/i.test(name)), `a PNG in ${names}`);
});

test('a song can be renamed and liked', async () => {
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill('Salt on the Window');
  await page.keyboard.press('Enter');
  await part('song').getByText('Salt on the Window').waitFor();
  await part('song').getByRole('button', { name: 'Add to favourites' }).click();
  await part('song').getByRole('button', { name: 'Remove from favourites' }).waitFor();
});

test('a second one can be cancelled and put away', async () => {
  await setLength('10:00');
  await part('make').click();
  await part('work').getByRole('button', { name: 'Cancel' }).click();
  await page.locator('[data-testid=work][data-state=cancelled]').waitFor({ timeout: 30_000 });
  await part('work').getByRole('button', { name: 'Dismiss' }).click();
  await part('work').waitFor({ state: 'detached' });
  assert.equal(await part('song').count(), 1);
});

test('a deleted song comes back with undo', async () => {
  await part('song').hover();
  await part('song').getByRole('button', { name: 'Delete' }).click();
  await part('song').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await part('song').waitFor();
});

test('a reload keeps the list and forgets what was put away', async () => {
  await page.reload();
  await part('song').getByText('Salt on the Window').waitFor();
  assert.equal(await part('work').count(), 0);
  assert.equal(await page.inputValue('textarea'), DESCRIPTION);
});

test('the search finds by title and says when there is nothing', async () => {
  await page.getByRole('searchbox').fill('window');
  await part('song').waitFor();
  await page.getByRole('searchbox').fill('no such words anywhere');
  await page.getByText('Nothing found').waitFor();
  await page.getByRole('button', { name: 'Show all songs' }).click();
  await part('song').waitFor();
});

test('by day it is paper', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === 'rgb(246, 241, 231)');
  await picture('light');
  await assertAccessible();
});

test('on a phone it is two pages and a player', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'New song' }).click();
  await page.locator('textarea').waitFor();
  assert.equal(await part('song').isVisible(), false);
  await page.getByRole('button', { name: 'Songs', exact: true }).click();
  assert.equal(await page.locator('textarea').isVisible(), false);
  assert.equal(await part('play').isVisible(), true);
  await part('song').locator('.open').click();
  await page.locator('.side.open').waitFor();
  await picture('narrow');
  await assertAccessible();
  await page.keyboard.press('Escape');
  await page.locator('.side:not(.open)').waitFor({ state: 'attached' });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, 'nothing is wider than the screen');
});

test('no error was thrown on the page', () => assert.deepEqual(pageErrors, []));
