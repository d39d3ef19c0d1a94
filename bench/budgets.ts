import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import pg from 'pg';
import { type Hub, startHub } from '~tests/support/hub';
import { projectFolder } from '../tools/build-steps.mjs';
import { BUDGETS, type PageFigures, type Report, tableOf, verdictOf } from './budget-report';
import { headOf } from './generated-history';
import { figuresInBrowser, percentile, timeOf } from './page-figures';

/**
 * `npm run budgets [-- --requests 20] [--json file] [--data folder]`: measures the pages that are
 * read, on the production build, against the budgets of docs/budgets.md. Fails when one is exceeded.
 *
 * The repositories are `medium` (an archive that MUSEHUB_FIXTURES names; left out where there is
 * none) and `generated`, of 100,000 commits, which takes minutes to make and is kept in the data
 * folder for the next time.
 */

const SHAPE = { commits: 100_000, files: 500, changed: 1, seed: '1', commitsPerPush: 20_000 };
const PAGE_COMMITS = 30;
const INDEXED_MAX_S = 600;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20' },
    commits: { type: 'string', default: String(SHAPE.commits) },
    data: { type: 'string', default: path.join(projectFolder, '.budgets') },
    json: { type: 'string' },
  },
});
const requests = Number(values.requests);
const shape = { ...SHAPE, commits: Number(values.commits) };
/** Names the repository that was made to its end; one that was not is never measured. */
const made = path.join(values.data, `generated-${shape.commits}.txt`);

fs.mkdirSync(values.data, { recursive: true });
// The database runs as another user when this is root's.
fs.chmodSync(values.data, 0o755);
const hub = await startHub({ dataFolder: path.join(values.data, 'hub') });
try {
  const repositories = await prepare(hub);
  // What a start costs is told apart: all code is loaded by the small repository first.
  await hub.stop();
  await hub.start();
  const figures: PageFigures[] = [];
  for (const [index, repository] of repositories.entries()) {
    for (const [page, address] of Object.entries(await pagesOf(hub, repository))) {
      const first = await timeOf(hub, address);
      if (index === 0 && repositories.length > 1) await timeOf(hub, address);
      const times = [];
      for (let n = 0; n < requests; n++) times.push(await timeOf(hub, address));
      figures.push({
        ...{ repository: repository.name, page, address, firstMs: first.wholeMs },
        p50Ms: percentile(times, 0.5, 'wholeMs'),
        p95Ms: percentile(times, 0.95, 'wholeMs'),
        ttfbMs: percentile(times, 0.95, 'ttfbMs'),
        ...{ lcpMs: 0, cls: 0, scriptBytes: 0, thirdParty: 0 },
      });
      console.error(`${repository.name} ${page}: ${figures.at(-1)!.p95Ms.toFixed(0)} ms`);
    }
  }
  const browser = await chromium.launch({
    executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '/usr/bin/chromium',
  });
  try {
    for (const row of figures)
      Object.assign(row, await figuresInBrowser(browser, hub, row.address));
  } finally {
    await browser.close();
  }
  const report: Report = {
    at: new Date().toISOString(),
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    load: os.loadavg().map((load) => Number(load.toFixed(2))),
    requests,
    figures,
  };
  console.log(tableOf(report));
  if (values.json) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  const exceeded = figures.filter((row) => verdictOf(row).length > 0);
  console.log(
    exceeded.length === 0
      ? `All within: ${BUDGETS}`
      : `${exceeded.length} of ${figures.length} pages exceed: ${BUDGETS}`,
  );
  process.exitCode = exceeded.length === 0 ? 0 : 1;
} finally {
  await hub.dispose();
}

interface Measured {
  name: string;
  slug: string;
  /** The oldest commit, and the one after which its page begins. */
  oldest: string | null;
  beforeOldest: string | null;
}

async function prepare(on: Hub): Promise<Measured[]> {
  const repositories: Measured[] = [];
  const archive = path.join(
    process.env.MUSEHUB_FIXTURES ?? path.resolve(projectFolder, '../shared/fixtures'),
    'medium.tar.gz',
  );
  if (fs.existsSync(archive)) {
    if (await create(on, 'medium')) pushArchive(on, archive);
    repositories.push({ ...{ name: 'medium', slug: 'medium' }, oldest: null, beforeOldest: null });
  } else {
    console.error(`no ${archive}: only the generated repository is measured`);
  }
  if (!fs.existsSync(made)) {
    const slug = `generated-${shape.commits}-${Date.now().toString(36)}`;
    await create(on, slug);
    const args = ['bench/generate.ts', '--url', `${on.url}/admin/${slug}`];
    const sizes = ['commits', 'files', 'changed'].flatMap((size) => [
      ...[`--${size}`, String(shape[size as 'commits'])],
    ]);
    const tsx = path.join(projectFolder, 'node_modules/.bin/tsx');
    const env = { ...process.env, MUSEHUB_TOKEN: on.adminToken };
    execFileSync(tsx, [...args, ...sizes], { cwd: projectFolder, env, stdio: 'inherit' });
    fs.writeFileSync(made, slug);
  }
  const slug = fs.readFileSync(made, 'utf8');
  await indexed(on, slug);
  repositories.push({
    ...{ name: `${shape.commits} commits`, slug },
    oldest: headOf(shape, 1),
    beforeOldest: headOf(shape, PAGE_COMMITS + 1),
  });
  return repositories;
}

/** False when it is there already. */
async function create(on: Hub, slug: string): Promise<boolean> {
  const answer = await on.fetch('/api/repos', {
    method: 'POST',
    headers: { authorization: `Bearer ${on.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slug, visibility: 'public' }),
  });
  const said = await answer.text();
  if (answer.status !== 201 && answer.status !== 409) throw new Error(`${answer.status}: ${said}`);
  return answer.status === 201;
}

function pushArchive(on: Hub, archive: string): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-budgets-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    const [name = ''] = fs.readdirSync(folder);
    const cwd = fs.existsSync(path.join(folder, '.muse')) ? folder : path.join(folder, name);
    execFileSync(
      process.execPath,
      [path.join(projectFolder, 'bin/musehub.mjs'), 'push', `${on.url}/admin/medium`, '--all'],
      {
        cwd,
        env: { ...process.env, HOME: folder, MUSEHUB_TOKEN: on.adminToken },
        stdio: 'inherit',
      },
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until the job after the last push has saved the order of the branch. */
async function indexed(on: Hub, slug: string): Promise<void> {
  const url = fs.readFileSync(path.join(on.dataFolder, 'database-url'), 'utf8').trim();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let looked = 0; looked < INDEXED_MAX_S; looked++) {
      const { rows } = await client.query(
        `SELECT FROM histories h
           JOIN branches b ON b.repo_id = h.repo_id AND b.name = h.branch AND b.head = h.head
           JOIN repositories r ON r.id = h.repo_id AND r.slug = $1`,
        [slug],
      );
      if (rows.length > 0) return;
      await delay(1_000);
    }
  } finally {
    await client.end();
  }
  throw new Error(`the history was not indexed in ${INDEXED_MAX_S} s`);
}

async function pagesOf(on: Hub, { slug, oldest, beforeOldest }: Measured) {
  const repo = `/admin/${slug}`;
  const input = encodeURIComponent(JSON.stringify({ owner: 'admin', slug }));
  const answer = await on.fetch(`/api/trpc/commit.list?input=${input}`);
  const { commits } = (await answer.json()).result.data as { commits: { id: string }[] };
  const [newest] = commits;
  const last = oldest ?? commits.at(-1)!.id;
  const folder = oldest === null ? '/tree/main' : '/tree/main/src/area-0';
  return {
    home: repo,
    tree: repo + folder,
    'commits, newest': `${repo}/commits`,
    'commits, oldest': `${repo}/commits?after=${beforeOldest ?? commits.at(-2)!.id}`,
    'commit, newest': `${repo}/commits/${newest!.id}`,
    'commit, oldest': `${repo}/commits/${last}`,
    branches: `${repo}/branches`,
    pushes: `${repo}/pushes`,
  };
}
