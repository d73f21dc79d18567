import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// `npm run dev` shows the page of a Songwright that runs elsewhere: its API answers on every path that is not the page's.
const server = process.env.SONGWRIGHT_URL ?? 'http://127.0.0.1:8000';
const pagePath = /^\/(@|src\/|node_modules\/|favicon|index\.html|$|\?)/;

export default defineConfig({
  plugins: [svelte()],
  server: {
    proxy: { '^/.*': { target: server, bypass: (request) => (pagePath.test(request.url ?? '/') ? request.url : undefined) } },
  },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  // Vitest would otherwise pick Svelte's server build, in which `$state` does not react.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
});
