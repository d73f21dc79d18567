import type { Host } from './types';

export const webHost: Host = {
  kind: 'web',
  savesLinks: true,

  async connect() {
    return { base: '', token: null };
  },

  async saveBundle(_songId, _choice, url) {
    const link = document.createElement('a');
    link.href = url;
    link.download = '';
    link.click();
    return null;
  },
};
