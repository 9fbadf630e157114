import { defineConfig } from 'vite';

// The server allows no inline scripts and no foreign hosts, so everything is a file of its own.
export default defineConfig({
  logLevel: 'warn',
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      output: {
        manualChunks: (id) => (id.includes('echarts') || id.includes('zrender') ? 'charts' : undefined),
      },
    },
  },
  // `npm run dev` talks to a running Outlay (started with --insecure) or to e2e/mock.mjs.
  server: { proxy: { '/api': process.env.OUTLAY_URL ?? 'http://127.0.0.1:8080' } },
});
