import type { Studio } from './state/studio.svelte';

/** Lets the keyboard's media keys and the system's player panel steer the player, where the browser has them. */
export function offerMediaKeys({ player }: Studio): void {
  if (!('mediaSession' in navigator)) return;
  const { mediaSession } = navigator;
  mediaSession.setActionHandler('play', () => player.toggle());
  mediaSession.setActionHandler('pause', () => player.toggle());
  mediaSession.setActionHandler('previoustrack', () => player.previous());
  mediaSession.setActionHandler('nexttrack', () => player.next());
  mediaSession.setActionHandler('seekto', ({ seekTime }) => seekTime !== undefined && player.seek(seekTime));
}

/** Tells the system what is on. */
export function nameForSystem({ player, client }: Studio): void {
  if (!('mediaSession' in navigator)) return;
  const { song } = player;
  navigator.mediaSession.metadata = song
    ? new MediaMetadata({
        title: song.title,
        artist: 'Songwright',
        artwork: song.links.cover ? [{ src: new URL(client.mediaUrl(song.links.cover), location.href).href, type: 'image/png' }] : [],
      })
    : null;
}
