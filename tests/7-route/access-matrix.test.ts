import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter } from '~/server/api/root';
import { hashToken } from '~/server/auth/token-text';
import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresPushStore } from '~/server/postgres/push-store';
import { PostgresReleaseStore } from '~/server/postgres/release-store';
import { PostgresSettingsStore } from '~/server/postgres/settings-store';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import {
  PROCEDURES,
  procedureRow,
  ROUTES,
  type Row,
  type Subject,
} from '~tests/support/access-rows';
import { AN_ACT } from '~tests/support/audit-entries';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { FetchStage } from '~tests/support/fetch-stage';
import { type Hub, startHub } from '~tests/support/hub';
import { PROJECT_ROOT, sourceFiles } from '~tests/support/source-files';

/**
 * Every route × every kind of caller × a public, a private and a deleted repository. The routes are
 * taken from the code; the decision expected of each cell is written down here once more, apart from
 * the hub's own.
 */

const STATES = ['public', 'private', 'deleted'] as const;
const CALLERS = [
  ...['anonymous', 'stranger', 'reader', 'writer', 'owner', 'admin', 'expired', 'revoked'],
  'wrong scope',
] as const;
type State = (typeof STATES)[number];
type Caller = (typeof CALLERS)[number];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Callers sent at a time. */
const AT_ONCE = 6;

let database: TestDatabase;
let hub: Hub;
let stage: FetchStage;
const tokens = new Map<Caller, string>();
/** Of many accounts, since each is heard out on a hundred failures an hour only. */
const USELESS_ACCOUNTS = 16;
const useless = { expired: [] as string[], revoked: [] as string[] };
const subjects = new Map<State | 'absent', Subject>();

beforeAll(async () => {
  database = await openTestDatabase();
  hub = await startHub({
    env: { DATABASE_URL: database.url, MUSEHUB_TRUSTED_PROXIES: '127.0.0.1' },
  });
  const identities = new PostgresIdentityStore(database.prisma);
  const settings = new PostgresSettingsStore(database.prisma);
  stage = new FetchStage({
    identities,
    accounts: new PostgresAccountStore(database.prisma),
    pushStore: new PostgresPushStore(database.prisma),
    fetchStore: new PostgresFetchStore(database.prisma),
    blobs: new LocalBlobStore({ root: path.join(hub.dataFolder, 'objects') }),
  });
  const ada = await stage.person('ada');
  const people = {
    stranger: await stage.person('stranger'),
    reader: await stage.person('reader'),
    writer: await stage.person('writer'),
    admin: await stage.person('root', 'admin'),
  };
  tokens.set('owner', ada.token);
  for (const [name, person] of Object.entries(people)) tokens.set(name as Caller, person.token);
  for (const state of STATES) {
    const repoId = await stage.emptyRepository(ada, slugOf(state), visibilityOf(state));
    const seeded = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'a.txt': `words of ${state}` } },
    ]);
    const { id: commitId, snapshotId } = seeded.commits.get('a')!;
    await new PostgresReleaseStore(database.prisma).addRelease(
      ...([repoId, ada.principal.userId] as const),
      {
        ...{ id: repoId, tag: 'v1.0.0', channel: 'stable', title: '', body: '' },
        ...{ isDraft: false, commitId, snapshotId, createdAtMs: 0 },
      },
      {},
    );
    const [object] = seeded.objects.keys();
    const commit = `sha256:${seeded.commits.get('a')!.id}`;
    const push = seeded.result.pushId;
    const names = { owner: 'ada', slug: slugOf(state) };
    subjects.set(state, { ...names, commit, object: `sha256:${object}`, push });
    await settings.putCollaborator(repoId, people.reader.principal.userId, 'read', AN_ACT);
    await settings.putCollaborator(repoId, people.writer.principal.userId, 'write', AN_ACT);
    if (state === 'deleted') await settings.deleteRepository(repoId, AN_ACT);
  }
  const hidden = subjects.get('private')!;
  subjects.set('absent', { ...hidden, slug: slugOf('absent'), object: `sha256:${'7'.repeat(64)}` });
  const own = ada.principal.userId;
  const elsewhere = await stage.emptyRepository(ada, 'elsewhere');
  tokens.set('wrong scope', await stage.token(own, ['read'], [elsewhere]));
  for (let n = 0; n < USELESS_ACCOUNTS; n++) {
    const { userId } = (await stage.person(`former-${n}`)).principal;
    const [expired, revoked] = [
      await stage.token(userId, ['admin']),
      await stage.token(userId, ['admin']),
    ];
    const idOf = async (text: string) => (await identities.findToken(hashToken(text)))!.id;
    const id = await idOf(expired);
    await database.prisma.accessToken.update({ where: { id }, data: { expiresAt: new Date(0) } });
    await identities.revokeToken(await idOf(revoked), AN_ACT);
    useless.expired.push(expired);
    useless.revoked.push(revoked);
  }
});
afterAll(async () => {
  await hub?.dispose();
  await stage?.stores.blobs.close();
  await database?.drop();
});

/** All of one length, so that a page about one differs from a page about another in nothing else. */
const slugOf = (state: State | 'absent') => `matrix-${state.padEnd(7, 'x')}`;
const visibilityOf = (state: State) => (state === 'private' ? 'private' : 'public');

// What is expected.

const isUseless = (caller: Caller) => caller === 'expired' || caller === 'revoked';
const MEMBERS: Caller[] = ['reader', 'writer', 'owner', 'admin'];

function mayRead(caller: Caller, state: State): boolean {
  if (state === 'deleted') return false;
  return state === 'public' || MEMBERS.includes(caller);
}

function mayDo(caller: Caller, state: State, need: Row['need']): boolean {
  if (!mayRead(caller, state)) return false;
  if (need === 'write' || need === 'change') return ['writer', 'owner', 'admin'].includes(caller);
  if (need === 'manage') return ['owner', 'admin'].includes(caller);
  if (need === 'comment') return [...MEMBERS, 'stranger'].includes(caller);
  return true;
}

// What is answered.

interface Answer {
  status: number;
  /** Without what differs between any two requests, and with the names of repositories taken out. */
  text: string;
  headers: string;
  code: string | null;
}

let requests = 0;

async function ask(key: string, row: Row, caller: Caller, subject: Subject): Promise<Answer> {
  const [kind = 'GET'] = key.split(' ');
  const token =
    caller === 'expired' || caller === 'revoked'
      ? useless[caller][requests % USELESS_ACCOUNTS]
      : tokens.get(caller);
  const body = row.body?.(subject);
  requests++;
  const answer = await fetch(hub.url + row.path(subject), {
    method: kind === 'PAGE' ? 'GET' : kind,
    redirect: 'manual',
    headers: {
      'x-request-id': 'matrix',
      // Every request from elsewhere: none is held back for what another one got wrong.
      'x-forwarded-for': `10.${(requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`,
      accept: row.accept ?? 'text/html, application/json',
      origin: hub.url,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    ...(body === undefined ? {} : { body: body.bytes }),
  });
  const { text, status } = await readAnswer(answer);
  const headers = [...answer.headers]
    .filter(
      ([name]) => !/^(date|content-security-policy|set-cookie|server-timing|ratelimit)$/.test(name),
    )
    .map(([name, value]) => `${name}: ${plain(value, subject)}`);
  return {
    ...{ status, headers: headers.join('\n'), text: plain(text, subject) },
    code: /"(?:code|reason)":"([a-z][a-z-]+)"/.exec(text)?.[1] ?? null,
  };
}

/** A stream of news, which has no end, is read up to its first word or refusal. */
async function readAnswer(answer: Response): Promise<{ text: string; status: number }> {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    return { text: await answer.text(), status: answer.status };
  }
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/"kind"|"httpStatus"/.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return { text, status: Number(/"httpStatus":(\d+)/.exec(text)?.[1] ?? answer.status) };
}

const plain = (text: string, { slug, object, commit, push }: Subject): string =>
  text
    .replaceAll(slug, 'SLUG')
    .replaceAll(push, 'PUSH')
    .replaceAll(commit.slice('sha256:'.length), 'COMMIT')
    .replaceAll(object, 'OBJECT')
    .replaceAll(object.slice('sha256:'.length), 'OBJECT')
    .replace(/nonce(=|":|\\":)\\?"[^"\\]*\\?"/g, 'NONCE');

/** Null when a cell is as it must be, else what is wrong with it. */
async function problemOf(key: string, row: Row, caller: Caller, state: State) {
  const subject = subjects.get(state)!;
  const answer = await ask(key, row, caller, subject);
  const told = `${key} × ${caller} × ${state}: ${answer.status} ${answer.code ?? ''}`;
  if (answer.status === 500) return `${told}: a fault`;
  if (!row.page && isUseless(caller) && row.need !== 'global') {
    return answer.status === 401 ? null : `${told}: a token that is no good was not refused`;
  }
  if (row.need === 'hub') {
    const missing = answer.status === 404;
    if (caller !== 'admin') return missing ? null : `${told}: is there for one who is no admin`;
    return missing || [401, 403].includes(answer.status) ? `${told}: was refused` : null;
  }
  if (row.need === 'global') {
    for (const hidden of STATES.filter((other) => !mayRead(caller, other))) {
      const own = row.path(subject).includes(slugOf(hidden));
      const text = own ? '' : answer.text;
      if (text.includes(slugOf(hidden))) return `${told}: names the ${hidden} repository`;
    }
    return null;
  }
  if (!mayRead(caller, state)) {
    const absent = await ask(key, row, caller, subjects.get('absent')!);
    // Nobody may push anywhere, so whoever says nothing of himself is asked to, wherever it is.
    const status = row.need === 'write' && caller === 'anonymous' ? 401 : 404;
    if (answer.status !== status) return `${told}: is not ${status}`;
    for (const part of ['status', 'headers', 'text'] as const) {
      if (answer[part] !== absent[part]) {
        return `${told}: differs from what is not there in its ${part}:\n${diff(answer[part], absent[part])}`;
      }
    }
    return null;
  }
  const refused = [401, 403].includes(answer.status) || answer.code === 'repo-not-found';
  if (mayDo(caller, state, row.need)) {
    if (refused || (row.page && answer.status !== 200)) return `${told}: was refused`;
    return row.marker && !answer.text.includes(row.marker) ? `${told}: was not shown` : null;
  }
  if (row.marker) return answer.text.includes(row.marker) ? `${told}: was shown` : null;
  return [401, 403].includes(answer.status) ? null : `${told}: was not refused`;
}

function diff(a: string | number, b: string | number): string {
  const [one, two] = [String(a), String(b)];
  let at = 0;
  while (at < one.length && one[at] === two[at]) at++;
  return `${one.slice(Math.max(0, at - 40), at + 80)}\n${two.slice(Math.max(0, at - 40), at + 80)}`;
}

/** `GET /api/tokens`, `PAGE /explore`: what the app folder answers. */
function routesOfTheApp(): string[] {
  return sourceFiles('src/app', ['.ts', '.tsx']).flatMap(({ path: file }) => {
    const match = /^src\/app(.*)\/(page\.tsx|route\.ts)$/.exec(file);
    if (!match) return [];
    const address = match[1] || '/';
    if (match[2] === 'page.tsx') return [`PAGE ${address}`];
    const text = readFileSync(path.join(PROJECT_ROOT, file), 'utf8');
    return METHODS.filter((method) =>
      new RegExp(
        `export (async )?function ${method}\\b|\\bas ${method}\\b|const ${method}\\b`,
      ).test(text),
    ).map((method) => `${method} ${address}`);
  });
}

describe('the access matrix', () => {
  it('has a row for every route of the app folder and every procedure', () => {
    expect(routesOfTheApp().length).toBeGreaterThan(40);
    expect(Object.keys(ROUTES).sort()).toEqual(routesOfTheApp().sort());
    const procedures = Object.keys(appRouter._def.procedures).sort();
    expect(Object.keys(PROCEDURES).sort()).toEqual(procedures);
  });

  it('leaks nothing in any cell', async () => {
    const procedures = Object.entries(appRouter._def.procedures).map(([name, procedure]) =>
      procedureRow(
        name,
        (procedure as unknown as { _def: { type: Parameters<typeof procedureRow>[1] } })._def.type,
      ),
    );
    const rows = [...Object.entries(ROUTES), ...procedures];
    const cells = rows.flatMap(([key, row]) =>
      CALLERS.flatMap((caller) => STATES.map((state) => ({ key, row, caller, state }))),
    );
    const problems: string[] = [];
    const queue = [...cells];
    const work = async () => {
      for (let cell = queue.shift(); cell; cell = queue.shift()) {
        const problem = await problemOf(cell.key, cell.row, cell.caller, cell.state);
        if (problem !== null) problems.push(problem);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    console.log(
      `access matrix: ${rows.length} routes × ${CALLERS.length} callers × ${STATES.length} = ` +
        `${cells.length} cells, ${requests} requests, ${problems.length} leaks`,
    );
    expect(problems).toEqual([]);
  }, 300_000);
});
