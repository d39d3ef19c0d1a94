import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Hub } from '~tests/support/hub';
import { projectFolder } from '../tools/build-steps.mjs';
import { type HistoryShape, headOf } from './generated-history';

/** A repository whose pages are measured. */
export interface Measured {
  name: string;
  slug: string;
  /** Its first requests load the code of the pages, and are told but not judged. */
  loadsCode: boolean;
  /** A folder with some files in it. */
  folder: string;
  /** A branch beside the default; null where there is none. */
  branch: string | null;
  newest: string;
  oldest: string;
  /** The commit after which the page with the oldest begins. */
  beforeOldest: string;
}

const BIG = { files: 500, changed: 1, seed: '1', commitsPerPush: 20_000, branches: 12 };
const SMALL = { commits: 150, files: 40, changed: 3, seed: '2', commitsPerPush: 20_000 };
const PAGE_COMMITS = 30;
const INDEXED_MAX_S = 600;

/**
 * The repositories of the hub, made as far as they are not there: a small one, one of so many
 * commits, and the one of an archive when MUSEHUB_FIXTURES names its folder.
 */
export async function prepareRepositories(on: Hub, commits: number): Promise<Measured[]> {
  const small = await generated(on, 'small', { ...SMALL, branches: 2 });
  const big = await generated(on, `${commits} commits`, { ...BIG, commits });
  const medium = await fromArchive(on, 'medium');
  return [{ ...small, loadsCode: true }, ...(medium ? [medium] : []), big];
}

async function generated(
  on: Hub,
  name: string,
  shape: HistoryShape & { branches: number },
): Promise<Measured> {
  // Names the repository that was made to its end; one that was not is never measured.
  const made = path.join(on.dataFolder, `made-${shape.commits}-${shape.branches}.txt`);
  if (!fs.existsSync(made)) {
    const slug = `generated-${shape.commits}-${Date.now().toString(36)}`;
    await create(on, slug);
    const sizes = (['commits', 'files', 'changed', 'branches', 'seed'] as const).flatMap((size) => [
      ...[`--${size}`, String(shape[size])],
    ]);
    const tsx = path.join(projectFolder, 'node_modules/.bin/tsx');
    const args = ['bench/generate.ts', '--url', `${on.url}/admin/${slug}`, ...sizes];
    const env = { ...process.env, MUSEHUB_TOKEN: on.adminToken };
    // What it says is no part of the report.
    execFileSync(tsx, args, { cwd: projectFolder, env, stdio: ['ignore', 2, 2] });
    fs.writeFileSync(made, slug);
  }
  const slug = fs.readFileSync(made, 'utf8');
  await indexed(on, slug);
  return {
    ...{ name, slug, loadsCode: false, folder: 'src/area-0', newest: await newestOf(on, slug) },
    branch: `from-${Math.floor(shape.commits / (shape.branches + 1))}`,
    oldest: headOf(shape, 1),
    beforeOldest: headOf(shape, PAGE_COMMITS + 1),
  };
}

/** Null where there is no such archive. */
async function fromArchive(on: Hub, slug: string): Promise<Measured | null> {
  const folder = process.env.MUSEHUB_FIXTURES;
  const archive = folder && path.join(folder, `${slug}.tar.gz`);
  if (!archive || !fs.existsSync(archive)) return null;
  if (await create(on, slug)) pushArchive(on, archive, slug);
  await indexed(on, slug);
  const commits = await listed(on, slug, 100);
  const oldest = commits.at(-1)!;
  return {
    ...{ name: slug, slug, loadsCode: false, folder: '', branch: null },
    ...{ newest: commits[0]!, oldest, beforeOldest: commits.at(-2) ?? oldest },
  };
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

function pushArchive(on: Hub, archive: string, slug: string): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-budgets-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    const [name = ''] = fs.readdirSync(folder);
    const cwd = fs.existsSync(path.join(folder, '.muse')) ? folder : path.join(folder, name);
    const program = path.join(projectFolder, 'bin/musehub.cjs');
    const args = [program, 'push', `${on.url}/admin/${slug}`, '--all'];
    const env = { ...process.env, HOME: folder, MUSEHUB_TOKEN: on.adminToken };
    execFileSync(process.execPath, args, { cwd, env, stdio: ['ignore', 2, 2] });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until the jobs after the last pushes have saved the order of every branch. */
async function indexed(on: Hub, slug: string): Promise<void> {
  const url = fs.readFileSync(path.join(on.dataFolder, 'database-url'), 'utf8').trim();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let looked = 0; looked < INDEXED_MAX_S; looked++) {
      const { rows } = await client.query(
        `SELECT FROM branches b
           JOIN repositories r ON r.id = b.repo_id AND r.slug = $1
          WHERE NOT EXISTS (SELECT FROM histories h
                             WHERE h.repo_id = b.repo_id AND h.branch = b.name
                               AND h.head = b.head)`,
        [slug],
      );
      if (rows.length === 0) return;
      await delay(1_000);
    }
  } finally {
    await client.end();
  }
  throw new Error(`the histories were not indexed in ${INDEXED_MAX_S} s`);
}

const newestOf = async (on: Hub, slug: string) => (await listed(on, slug, 1))[0]!;

/** The ids of its newest commits. */
async function listed(on: Hub, slug: string, limit: number): Promise<string[]> {
  const input = encodeURIComponent(JSON.stringify({ owner: 'admin', slug, limit }));
  const answer = await on.fetch(`/api/trpc/commit.list?input=${input}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  const { commits } = (await answer.json()).result.data as { commits: { id: string }[] };
  return commits.map(({ id }) => id);
}
