import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// The engine comes from npm as WebAssembly, so that no Prisma command needs a download.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL('./tools/schema-engine.mjs', import.meta.url),
);

/** DATABASE_URL, or the embedded PostgreSQL of a hub that is running on the data folder. */
function databaseUrl(): string | undefined {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const dataFolder = process.env.MUSEHUB_DATA ?? '.musehub';
  try {
    return fs.readFileSync(path.join(dataFolder, 'database-url'), 'utf8').trim();
  } catch {
    return undefined; // no hub is running; commands that need no database still work
  }
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: databaseUrl(), shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL },
});
