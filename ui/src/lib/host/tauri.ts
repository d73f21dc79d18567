import { invoke } from '@tauri-apps/api/core';

import type { Host } from './types';

export const tauriHost: Host = {
  kind: 'window',
  savesLinks: false,

  connect: () => invoke<{ base: string; token: string }>('api_endpoint'),

  saveBundle: (songId, choice) => invoke<string | null>('save_bundle', { choice: { songId, ...choice } }),
};
