// What is left of the work when the program is killed. SONGWRIGHT_BIN: the program.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, openPage } from './browser.mjs';
import { startSongwright } from './songwright.mjs';

const binary = process.env.SONGWRIGHT_BIN;
if (!binary) throw new Error('Set SONGWRIGHT_BIN to the songwright program.');

let studio;
let browser;
let page;
let part;

const ask = async (text, length) => {
  await page.fill('textarea', text);
  await page.fill('#length', length);
  await page.locator('#length').blur();
  await part('make').click();
  await part('work').getByText(text).first().waitFor();
};

before(async () => {
  studio = await startSongwright(binary);
  browser = await openBrowser();
  ({ page, part } = await openPage(browser, studio.url));
  await part('empty').waitFor();
});

after(async () => {
  await browser?.close();
  await studio?.stop();
  await studio?.remove();
});

test('the page says when the program is gone', async () => {
  await ask('A long and slow ambient piece with pads', '10:00');
  await ask('A short folk song about a kettle', '0:10');
  await studio.stop('SIGKILL');
  await page.getByText('Songwright does not answer').waitFor({ timeout: 30_000 });
});

test('what ran and what waited is there again, and goes on when asked', async () => {
  studio = await startSongwright(binary, { dataDir: studio.dataDir });
  await page.goto(studio.url);
  const waiting = part('work').filter({ hasText: 'kettle' });
  await waiting.waitFor();
  const long = part('work').filter({ hasText: 'ambient' });
  assert.equal(await long.getAttribute('data-state'), 'interrupted');
  await long.getByRole('button', { name: 'Dismiss' }).click();
  await waiting.getByRole('button', { name: 'Go on' }).click();
  await part('song').waitFor({ timeout: 120_000 });
  assert.equal(await part('work').count(), 0);
});
