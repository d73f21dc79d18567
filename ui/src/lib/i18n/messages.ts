import type { OperationState, Stage, StageState } from '../api/types';

export interface Example {
  title: string;
  text: string;
  seconds: number;
  instrumental: boolean;
}

type Counted = (n: number) => string;
type Pair = (a: number, b: number) => string;
type Said = (text: string) => string;

/** Every word of the page. A language is complete when it satisfies this. */
export interface Messages {
  rail: { label: string; create: string; songs: string; favourites: string; theme: Record<'auto' | 'light' | 'dark', string>; language: string };
  create: {
    heading: string;
    tabs: { label: string; describe: string; lyrics: string; about: string };
    description: Field;
    style: Field;
    words: Field;
    about: Field;
    tooShort: Counted;
    tooLong: Counted;
    count: Pair;
    length: string;
    lengthUnit: string;
    lengthRange: string;
    lyrics: string;
    withLyrics: string;
    instrumental: string;
    seed: string;
    seedRandom: string;
    seedKeep: string;
    seedRelease: string;
    cover: string;
    /** Names of the presets; a style that is not here is shown under the server's own name. */
    coverStyles: Record<string, string>;
    make: string;
    sending: string;
    queued: Counted;
  };
  heard: { heading: string; bpm: Counted; about: Said; notUnderstood: Said };
  work: {
    state: Record<Exclude<OperationState, 'running'>, string>;
    coverSoFar: string;
    /** Waits since before a restart. */
    kept: string;
    queuePosition: Counted;
    stage: Record<Stage, string>;
    starting: string;
    seconds: Pair;
    steps: Pair;
    left: Said;
    progress: string;
    stageState: Record<StageState, string>;
    cancel: string;
    cancelling: string;
    tryAgain: string;
    goOn: string;
    dismiss: string;
    untitled: string;
    quote: Said;
  };
  songs: {
    heading: string;
    search: string;
    clearSearch: string;
    instrumental: string;
    takes: Counted;
    favourite: string;
    unfavourite: string;
    remove: string;
    removed: Said;
    undo: string;
    more: Counted;
    emptyHeading: string;
    emptyText: string;
    examples: [Example, Example, Example];
    noFavourites: string;
    noFavouritesText: string;
    showAll: string;
    nothingFound: Said;
    loading: string;
    coverOf: Said;
    noCover: string;
  };
  song: {
    label: string;
    close: string;
    rename: string;
    titleField: string;
    enlarge: string;
    takes: string;
    take: Counted;
    words: string;
    facts: string;
    instrumental: string;
    section: Record<string, string>;
    seekTo: Said;
    download: string;
    bundle: string;
    stems: string;
    midi: string;
    flac: string;
    wav: string;
    png: string;
    saved: Said;
    reuse: string;
    reuseSeed: string;
    remarks: string;
    described: string;
    engine: Record<'music' | 'lyrics' | 'cover' | 'prompt' | 'categories', string>;
    seed: string;
    tempo: string;
    key: string;
    made: string;
    sound: string;
  };
  player: {
    label: string;
    play: string;
    pause: string;
    previous: string;
    next: string;
    seek: string;
    position: (now: string, all: string) => string;
    volume: string;
    mute: string;
    unmute: string;
    loop: string;
    broken: string;
    show: Said;
    nothing: string;
  };
  key: { heading: string; text: string; field: string; open: string; wrong: string };
  offline: { text: string; retry: string; connecting: string };
  error: { unreachable: string; unexpected: Said; close: string };
}

interface Field {
  label: string;
  hint: string;
}
