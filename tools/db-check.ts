// `npm run db:check`: do the migrations make exactly the schema of prisma/schema.prisma?
// `npm run db:diff -- name`: writes what the migrations lack of it as a migration of that name.
//
// It asks an embedded PostgreSQL of its own, so that no database has to be set up. The text is
// compared as well as the exit code, because the CLI may exit with 0 when its engine died.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../src/server/postgres/embedded';

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [name = ''] = positionals;
if (values.write && !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('Name the migration with lowercase letters, digits and _: npm run db:diff -- name');
  process.exit(2);
}

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-db-check-'));
const database = await startEmbeddedPostgres({
  dataFolder,
  password: 'onlyForThisCheck',
  warn: (line) => console.error(line),
});
try {
  if (values.write) await write();
  else await check();
} finally {
  await database.stop();
  fs.rmSync(dataFolder, { recursive: true, force: true });
}

async function check(): Promise<void> {
  const { code, said } = await diff('--exit-code');
  process.stdout.write(said);
  const same = code === 0 && said.includes('No difference detected');
  if (!same) console.error('The migrations and the schema differ; run "npm run db:diff -- name".');
  process.exitCode = same ? 0 : 1;
}

async function write(): Promise<void> {
  const { code, said } = await diff('--script');
  const statements = said.replace(/^-- .*$/gm, '').trim();
  if (code !== 0 || statements === '') {
    console.error(code === 0 ? 'There is no difference.' : said);
    process.exitCode = 1;
    return;
  }
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(projectFolder, 'prisma', 'migrations', `${stamp}_${name}`);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'migration.sql'), said);
  console.log(path.relative(projectFolder, folder));
}

async function diff(mode: '--exit-code' | '--script'): Promise<{ code: number; said: string }> {
  const sides = ['--from-migrations', 'prisma/migrations', '--to-schema', 'prisma/schema.prisma'];
  const child = spawn('node_modules/.bin/prisma', ['migrate', 'diff', mode, ...sides], {
    cwd: projectFolder,
    env: { ...process.env, DATABASE_URL: database.url, CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (part) => {
    said += part;
  });
  const [code] = await once(child, 'close');
  return { code: code ?? 1, said };
}
