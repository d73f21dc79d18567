import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 30_000;

/**
 * Starts the program under test on a free port with a library of its own.
 * @param {string} binary
 * @param {{dataDir?: string, env?: Record<string, string>}} [options] an earlier run's library; further environment
 * @returns {Promise<{url: string, dataDir: string, stop: (signal?: NodeJS.Signals) => Promise<void>, remove: () => Promise<void>}>}
 */
export async function startSongwright(binary, { dataDir, env } = {}) {
  const home = dataDir ?? (await mkdtemp(join(tmpdir(), 'songwright-e2e-')));
  const child = spawn(binary, ['serve', '--port', '0', '--data-dir', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let log = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Songwright did not start within ${START_MS} ms:\n${log}`)), START_MS);
    const listen = (chunk) => {
      log += chunk;
      const match = /Listening on (http:\/\/[\d.]+:\d+)/.exec(log);
      if (!match) return;
      clearTimeout(late);
      resolve(match[1]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Songwright ended with ${code} before it listened:\n${log}`)));
  });
  return {
    url,
    dataDir: home,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
