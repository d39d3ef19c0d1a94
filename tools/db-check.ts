// `npm run db:check`: do the migrations make exactly the schema of prisma/schema.prisma?
//
// It asks an embedded PostgreSQL of its own, so that no database has to be set up. The text is
// compared as well as the exit code, because the CLI may exit with 0 when its engine died.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../src/server/postgres/embedded';

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-db-check-'));
const database = await startEmbeddedPostgres({
  dataFolder,
  password: 'onlyForThisCheck',
  warn: (line) => console.error(line),
});
try {
  const command = ['migrate', 'diff', '--exit-code'];
  const sides = ['--from-migrations', 'prisma/migrations', '--to-schema', 'prisma/schema.prisma'];
  const child = spawn('node_modules/.bin/prisma', [...command, ...sides], {
    cwd: projectFolder,
    env: { ...process.env, DATABASE_URL: database.url, CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (part) => {
    said += part;
  });
  const [code] = await once(child, 'close');
  process.stdout.write(said);
  const same = code === 0 && said.includes('No difference detected');
  if (!same) console.error('The migrations and the schema differ; run "npx prisma migrate dev".');
  process.exitCode = same ? 0 : 1;
} finally {
  await database.stop();
  fs.rmSync(dataFolder, { recursive: true, force: true });
}
