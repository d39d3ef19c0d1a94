import { defineConfig } from '@playwright/test';

/** The browser tier: every spec starts a hub of its own, so they run one after the other. */
export default defineConfig({
  testDir: 'tests/8-e2e',
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  outputDir: 'test-results',
  use: {
    launchOptions: {
      executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '/usr/bin/chromium',
    },
    locale: 'en-US',
    timezoneId: 'Pacific/Auckland',
  },
});
