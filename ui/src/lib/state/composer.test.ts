import { beforeEach, describe, expect, it } from 'vitest';

import type { Song } from '../api/types';
import { Composer } from './composer.svelte';
import { clampLength, measure, readSeed } from './limits';

beforeEach(() => localStorage.clear());

describe('limits', () => {
  it('counts characters after trimming, an emoji as one', () => {
    expect(measure('description', '  four ').missing).toBe(1);
    expect(measure('description', '🎹🎹🎹🎹🎹').fits).toBe(true);
    expect(measure('style', 'x'.repeat(503)).over).toBe(3);
    expect(measure('lyrics', 'x'.repeat(5000)).fits).toBe(true);
  });

  it('keeps lengths and seeds in their range', () => {
    expect([clampLength(3), clampLength(61.4), clampLength(9999)]).toEqual([10, 61, 600]);
    expect([readSeed(' 42 '), readSeed(''), readSeed('-1'), readSeed('9999999999')]).toEqual([42, null, null, 2147483647]);
  });
});

describe('Composer', () => {
  it('sends the fields of its tab alone', () => {
    const composer = new Composer();
    Object.assign(composer.texts, { description: ' a song ', style: 'folk, warm', lyrics: 'la la la la la', about: 'a farewell' });
    expect(composer.request()).toMatchObject({ full_described_song: 'a song', seed: -1, audio_duration: 60 });
    composer.tab = 'lyrics';
    expect(composer.request()).toMatchObject({ prompt: 'folk, warm', lyrics: 'la la la la la' });
    expect(composer.request()).not.toHaveProperty('full_described_song');
    composer.tab = 'about';
    expect(composer.request()).toMatchObject({ prompt: 'folk, warm', described_lyrics: 'a farewell' });
    expect(composer.request()).not.toHaveProperty('lyrics');
  });

  it('never drops written lyrics for a switch of another tab', () => {
    const composer = new Composer();
    composer.instrumental = true;
    expect(composer.request().instrumental).toBe(true);
    composer.tab = 'lyrics';
    expect(composer.request().instrumental).toBe(false);
  });

  it('is complete when every field of the tab fits', () => {
    const composer = new Composer();
    composer.tab = 'lyrics';
    composer.texts.style = 'folk, warm';
    expect(composer.complete).toBe(false);
    composer.texts.lyrics = 'ten letters';
    expect(composer.complete).toBe(true);
  });

  it('takes the settings of a song over', () => {
    const composer = new Composer();
    composer.reuse({ request: { prompt: 'folk', described_lyrics: 'the sea', audio_duration: 42 }, audio_duration: 41 } as Song);
    expect(composer.tab).toBe('about');
    expect(composer.request()).toMatchObject({ prompt: 'folk', described_lyrics: 'the sea', audio_duration: 42 });
  });

  it('remembers the draft, and survives a broken one', () => {
    const composer = new Composer();
    composer.texts.description = 'half a thought';
    composer.seed = 7;
    composer.store();
    const later = new Composer();
    later.restore();
    expect(later.draft).toBe(composer.draft);

    localStorage.setItem('songwright.draft', '{');
    const fresh = new Composer();
    fresh.restore();
    expect(fresh.texts.description).toBe('');
  });
});
