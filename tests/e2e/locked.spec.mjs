// A studio that asks for a key, opened from a browser. SONGWRIGHT_BIN: the program.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accessibilityFaults, openBrowser, openPage } from './browser.mjs';
import { startSongwright } from './songwright.mjs';

const binary = process.env.SONGWRIGHT_BIN;
if (!binary) throw new Error('Set SONGWRIGHT_BIN to the songwright program.');
const KEY = 'harbour lights at night';

let studio;
let browser;
let page;
let part;

before(async () => {
  studio = await startSongwright(binary, { env: { SONGWRIGHT_API_KEY: KEY } });
  browser = await openBrowser();
  ({ page, part } = await openPage(browser, studio.url));
});

after(async () => {
  await browser?.close();
  await studio?.stop();
  await studio?.remove();
});

test('nothing is shown without the key', async () => {
  await page.getByLabel('Access key').waitFor();
  assert.equal(await page.locator('textarea').count(), 0);
  assert.deepEqual(await accessibilityFaults(page), []);
});

test('a wrong key is refused in place', async () => {
  await page.getByLabel('Access key').fill('harbour');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('That is not the key.').waitFor();
});

test('the right key opens the studio, also for the next visit', async () => {
  await page.getByLabel('Access key').fill(KEY);
  await page.getByRole('button', { name: 'Open' }).click();
  await part('empty').waitFor();
  await page.reload();
  await part('empty').waitFor();
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script can read the session');
});

test('covers, recordings and events come with the session alone', async () => {
  await page.fill('textarea', 'Instrumental lo-fi with Rhodes piano and soft drums, calm, 78 BPM');
  await page.fill('#length', '0:10');
  await page.locator('#length').blur();
  await part('make').click();
  await part('song').waitFor({ timeout: 120_000 });
  await part('play').click();
  await page.waitForFunction(() => document.querySelector('audio').currentTime > 0.3);
  assert.ok(await part('side').locator('img').evaluate((img) => img.decode().then(() => img.naturalWidth)));
});
