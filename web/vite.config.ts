import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'
import { fileURLToPath, URL } from 'node:url'

/* The C build embeds dist/: index.html and assets/ with hashed names, nothing else. The server's Content-Security-Policy
 * allows scripts and styles from itself only, so nothing is inlined. */
export default defineConfig({
  plugins: [vue()],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      '@i18n': fileURLToPath(new URL('../i18n', import.meta.url)),
    },
  },
  json: { namedExports: false, stringify: true },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 400,
    rollupOptions: {
      output: {
        chunkFileNames: (chunk) => `assets/${chunk.name.split('.')[0]}-[hash].js`,
        manualChunks(id: string) {
          if (/node_modules\/(@vue|vue|vue-router)\//.test(id)) return 'vue'
          return undefined
        },
      },
    },
  },
  server: {
    fs: { allow: ['..'] },
    proxy: { '/api': process.env.BIHUAN_URL ?? 'http://127.0.0.1:8790' },
  },
  test: { environment: 'node', setupFiles: ['tests/setup.ts'], include: ['tests/**/*.test.ts'], testTimeout: 60_000 /* a busy machine is no failure */ },
})
