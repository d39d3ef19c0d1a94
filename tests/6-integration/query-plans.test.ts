import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { indexHistory } from '~/server/services/index-history';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';
import type { SeedCommit } from '~tests/support/seed-repository';

/**
 * What pages and the API ask of the database goes by index, however it is planned: the statements
 * that they really send are caught on their way and explained, with their values and without.
 */

const COMMITS = 2_000;
const ROWS = 6_000;
/** Tables that grow with what is pushed; the others have a row per account, repository or branch. */
const BIG = new Set([
  ...['objects', 'trees', 'snapshots', 'commits', 'commit_stats', 'commit_words', 'pushes'],
  ...['comments', 'history_chunks'],
]);

interface Statement {
  text: string;
  values: unknown[];
}

let world: BrowseWorld;
let client: pg.Client;
let ada: Extract<Principal, { kind: 'user' }>;
let id: (name: string) => string;

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('Ada');
  const chain: SeedCommit[] = Array.from({ length: COMMITS }, (_, n) => ({
    name: `c${n}`,
    parents: n === 0 ? [] : [`c${n - 1}`],
    files: { [`folder-${n % 40}/file-${n % 400}.txt`]: `content ${n}` },
    message: `${n % 3 === 0 ? 'feat' : 'fix'}(part-${n % 50}): change number ${n}`,
    author: `author-${n % 50}`,
  }));
  for (const slug of ['one', 'two']) {
    const repoId = await world.addRepository(ada, slug, 'public');
    // Two repositories have no rows in common.
    const commits = chain.map((commit) => ({ ...commit, message: `${commit.message} in ${slug}` }));
    const seeded = await world.seed(commits, { repoId, principal: ada });
    const side: SeedCommit[] = [{ name: 'side', parents: [`c${COMMITS - 9}`], files: { s: slug } }];
    await world.seed(side, { repoId, principal: ada, branch: 'side' }, seeded);
    id = (name) => seeded.commits.get(name)!.id;
    await world.deps.search.addCommits(repoId, seeded.result.seq);
    const { histories, browse } = world.deps;
    await indexHistory({ repoId, branch: 'main' }, { histories, browse });
    await fill(repoId, ada.userId);
  }
  await world.db.prisma.$executeRawUnsafe('VACUUM ANALYZE');
  client = new pg.Client({ connectionString: world.db.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await world?.close();
});

/** Rows of the kinds that no seed makes many of. */
async function fill(repoId: string, userId: string): Promise<void> {
  const { prisma } = world.db;
  await prisma.$executeRaw`
    INSERT INTO comments (id, repo_id, commit_id, author_id, body, created_at)
    SELECT gen_random_uuid(), repo_id, id, ${userId}::uuid, 'hello', now() - n * interval '1 second'
      FROM commits, generate_series(1, 3) AS n
     WHERE repo_id = ${repoId}::uuid`;
  await prisma.$executeRaw`
    INSERT INTO commit_stats (repo_id, id, added, removed, modified)
    SELECT repo_id, id, 1, 0, 0 FROM commits WHERE repo_id = ${repoId}::uuid
    ON CONFLICT DO NOTHING`;
  await prisma.$executeRaw`
    INSERT INTO history_chunks (repo_id, history_id, number, commits)
    SELECT ${repoId}::uuid, gen_random_uuid(), 0, sha256(n::text::bytea)
      FROM generate_series(1, ${ROWS}::int) AS n`;
  await prisma.$executeRaw`
    INSERT INTO pushes (repo_id, id, outcome, branch, head, actor_id, started_at, seen_at)
    SELECT ${repoId}::uuid, gen_random_uuid(), 'refused', 'main', sha256('head'), ${userId}::uuid,
           now() - n * interval '1 minute', now()
      FROM generate_series(1, ${ROWS}::int) AS n`;
}

/** The statements that are sent while something is done. */
async function caught(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const original = pg.Client.prototype.query;
  const spy = function (this: pg.Client, ...args: unknown[]) {
    const [asked, values] = args as [string | Statement, unknown[]?];
    const text = typeof asked === 'string' ? asked : asked.text;
    const given = typeof asked === 'string' ? values : asked.values;
    if (/^\s*(SELECT|WITH)\b/i.test(text) && !/set_config|add_job/.test(text)) {
      statements.push({ text, values: Array.isArray(given) ? given : [] });
    }
    return Reflect.apply(original, this, args);
  };
  pg.Client.prototype.query = spy as typeof original;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = original;
  }
  return statements;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

function* nodesOf(plan: PlanNode): Generator<PlanNode> {
  yield plan;
  for (const below of plan.Plans ?? []) yield* nodesOf(below);
}

/** The big tables that a plan reads from end to end. */
async function readWhole(explain: string, values?: unknown[]): Promise<string[]> {
  const { rows } = await client.query(values ? { text: explain, values } : explain);
  const [{ Plan: plan }] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode }];
  return [...nodesOf(plan)]
    .filter((node) => node['Node Type'] === 'Seq Scan' && BIG.has(node['Relation Name'] ?? ''))
    .map((node) => node['Relation Name']!);
}

function caller() {
  const use = { address: '127.0.0.1', client: 'test' };
  const request = { headers: new Headers(), use, lenient: true };
  return createCaller(createApiContext(request as never, world.deps));
}

const ONE = { owner: 'Ada', slug: 'two' };

const PAGES: Record<string, () => Promise<unknown>> = {
  refs: async () => {
    const found = await world.deps.identities.findRepository('Ada', 'two', ada);
    return world.deps.browse.listBranches(found!.repository.id, {
      ...{ after: null, search: '', limit: 100 },
    });
  },
  'repository home': async () => {
    await caller().repo.get(ONE);
    await caller().tree.browse(ONE);
  },
  tree: () => caller().tree.browse({ ...ONE, segments: ['main', 'folder-1'] }),
  'commits, newest': () => caller().commit.list(ONE),
  'commits, oldest': () => caller().commit.list({ ...ONE, after: id('c20') }),
  'commits, filtered': () => caller().commit.list({ ...ONE, author: 'author-3', text: 'change' }),
  'commits of a branch': () => caller().commit.list({ ...ONE, branch: 'side' }),
  commit: async () => {
    const asked = { ...ONE, id: id('c1000') };
    await caller().commit.get(asked);
    await caller().commit.changes(asked);
    await caller().commit.comments(asked);
  },
  'differences of a commit': () => caller().commit.diff({ ...ONE, id: id('c1000') }),
  branches: () => caller().branch.list(ONE),
  tags: () => caller().tag.list(ONE),
  pushes: () => caller().push.list(ONE),
  'search for commits': async () => {
    // A word that every commit has may be read from end to end; such a search is bounded in time.
    await caller().search.commits({ text: '1234 author:author-34' });
    await caller().search.commits({ text: '"change number 77" repo:Ada/two' });
    await caller().search.commits({ text: id('c7').slice(0, 12) });
  },
  'search for files': () => caller().search.files({ ...ONE, text: 'file-3' }),
};

describe('what a page asks of the database', () => {
  let checked = 0;

  it.each(Object.keys(PAGES))('of %s reads no big table from end to end', async (page) => {
    const statements = await caught(PAGES[page]!);
    expect(statements.length).toBeGreaterThan(0);
    for (const { text, values } of statements) {
      const custom = await readWhole(`EXPLAIN (FORMAT JSON) ${text}`, values);
      expect(custom, `with its values: ${text}`).toEqual([]);
      const generic = await readWhole(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`);
      expect(generic, `for any values: ${text}`).toEqual([]);
      checked++;
    }
  });

  it('is caught, and a whole table would be seen', async () => {
    console.log(`${checked} statements were explained, each twice`);
    expect(checked).toBeGreaterThan(30);
    const whole = 'EXPLAIN (FORMAT JSON) SELECT count(*) FROM comments WHERE body = $1';
    expect(await readWhole(whole, ['x'])).toEqual(['comments']);
  });
});
