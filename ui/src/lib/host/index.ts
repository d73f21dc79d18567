import type { Host } from './types';

/** Loads the desktop half only inside the window, so that a browser never fetches it. */
export async function findHost(): Promise<Host> {
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).tauriHost;
  return (await import('./web')).webHost;
}

export type { BundleChoice, Host } from './types';
