import type { ApiConnection } from '../api/client';

export interface BundleChoice {
  stems: boolean;
  midi: boolean;
  flac: boolean;
}

/** What the page asks of the thing it runs in: a browser tab or the desktop window. */
export interface Host {
  kind: 'web' | 'window';
  /** Whether a plain `<a download>` saves a file here. The window's web view drops such clicks. */
  savesLinks: boolean;
  connect(): Promise<ApiConnection>;
  /** Saves the song's bundle. Gives the path it was saved under, or null where the host does not say or the user changed their mind. */
  saveBundle(songId: string, choice: BundleChoice, url: string): Promise<string | null>;
}
