import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const never = ['tests/8-e2e/**', 'node_modules/**'];
/** The tiers that need a PostgreSQL; it is started once, and only when one of them runs. */
const withDatabase = ['tests/6-integration/**/*.test.ts', 'tests/7-route/**/*.test.ts'];

export default defineConfig({
  resolve: {
    alias: {
      '~': fileURLToPath(new URL('./src', import.meta.url)),
      '~tests': fileURLToPath(new URL('./tests', import.meta.url)),
    },
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    setupFiles: ['tests/support/remove-temp-folders.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['tests/**/*.test.ts'],
          exclude: [...never, ...withDatabase],
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: withDatabase,
          exclude: never,
          globalSetup: ['tests/support/database-server.ts'],
        },
      },
    ],
  },
});
