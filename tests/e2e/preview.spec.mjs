// A model draws the cover, and the page shows it while it is drawn. The model's values are random; its networks are SDXL's.
// SONGWRIGHT_BIN: the program. SYNTHETIC_CHECKPOINT: the example of tests/ that writes such a model.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { accessibilityFaults, openBrowser, openPage } from './browser.mjs';
import { startSongwright } from './songwright.mjs';

const { SONGWRIGHT_BIN: binary, SYNTHETIC_CHECKPOINT: writer } = process.env;
if (!binary || !writer) throw new Error('Set SONGWRIGHT_BIN and SYNTHETIC_CHECKPOINT to the two programs.');

const SONG_MS = 180_000;

let folder;
let studio;
let browser;
let page;
let part;
let pageErrors;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'songwright-sdxl-'));
  execFileSync(writer, [folder, 'small', 'sdxl']);
  studio = await startSongwright(binary, { env: { SONGWRIGHT_IMAGE_MODEL: folder } });
  browser = await openBrowser();
  ({ page, part, errors: pageErrors } = await openPage(browser, studio.url));
});

after(async () => {
  await browser?.close();
  await studio?.stop();
  await studio?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('the cover is seen while it is drawn, then the one that was drawn', async () => {
  await page.fill('textarea', 'A slow song about a boat at sea, upright piano');
  await part('make').click();
  const preview = part('work-preview');
  await preview.waitFor({ timeout: SONG_MS });
  await page.waitForFunction(() => document.querySelector('[data-testid=work-preview]')?.naturalWidth > 0);
  assert.match(await preview.getAttribute('alt'), /cover so far/);
  assert.deepEqual(await accessibilityFaults(page), []);

  await part('song').first().waitFor({ timeout: SONG_MS });
  await preview.waitFor({ state: 'detached' });
  const { songs } = await (await fetch(`${studio.url}/songs`)).json();
  const song = await (await fetch(`${studio.url}/songs/${songs[0].song_id}`)).json();
  assert.match(song.cover_label, /4 steps/);
  assert.deepEqual(pageErrors, []);
});
