import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Id } from '~/muse/ids';
import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresPushStore } from '~/server/postgres/push-store';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { isViolation } from '~/wire/errors';
import { decodeFetchFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { FetchStage } from '~tests/support/fetch-stage';
import { type Hub, startHub } from '~tests/support/hub';
import type { SeedCommit, SeedFiles } from '~tests/support/seed-repository';

const OBJECTS = 20_000;
const OBJECT_BYTES = 15_000;
const COMMITS = 40;
const MIB = 1024 ** 2;
/** What an answer may take, beyond what the idle hub has: well below what it serves. */
const GROWTH_MAX_BYTES = 192 * MIB;

const proc = (hub: Hub) => `/proc/${hub.pid}`;
const canMeasure = fs.existsSync('/proc/self/clear_refs');

let database: TestDatabase;
let hub: Hub;
let head: Id;

/** Files that are unlike each other and do not deflate. */
function contentOf(n: number): Buffer {
  const seed = createHash('sha512').update(`object ${n}`).digest();
  const content = Buffer.alloc(OBJECT_BYTES);
  for (let at = 0; at < content.length; at += 64) seed.copy(content, at);
  content.writeUInt32LE(n, 0);
  return content;
}

beforeAll(async () => {
  if (!canMeasure) return;
  database = await openTestDatabase();
  hub = await startHub({ env: { DATABASE_URL: database.url } });
  const blobs = new LocalBlobStore({ root: path.join(hub.dataFolder, 'objects') });
  const stage = new FetchStage({
    identities: new PostgresIdentityStore(database.prisma),
    accounts: new PostgresAccountStore(database.prisma),
    pushStore: new PostgresPushStore(database.prisma),
    fetchStore: new PostgresFetchStore(database.prisma),
    blobs,
  });
  const ada = await stage.person('ada');
  const repoId = await stage.emptyRepository(ada, 'big');
  const perCommit = OBJECTS / COMMITS;
  const commits: SeedCommit[] = Array.from({ length: COMMITS }, (_, c) => {
    const files: SeedFiles = {};
    for (let n = c * perCommit; n < (c + 1) * perCommit; n++) {
      files[`folder-${n % 100}/sub-${n % 7}/file-${n}.bin`] = contentOf(n);
    }
    return { name: `${c}`, parents: c === 0 ? [] : [`${c - 1}`], files };
  });
  const repo = await stage.seed(ada, repoId, commits);
  head = repo.commits.get(`${COMMITS - 1}`)!.id;
  await blobs.close();
  // What the hub loads for its first answer is not the answer's.
  await (await ask('fetch/stream', { want: [repo.commits.get('0')!.id], have: [] })).arrayBuffer();
});

afterAll(async () => {
  await hub?.dispose();
  await database?.drop();
});

function memoryOf(name: 'VmRSS' | 'VmHWM'): number {
  const status = fs.readFileSync(`${proc(hub)}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
}

const ask = (route: string, wish = { want: [head], have: [] as Id[] }) =>
  fetch(`${hub.url}/ada/big/${route}`, {
    method: 'POST',
    body: encode(wish),
    headers: { 'content-type': 'application/x-msgpack', accept: 'application/x-msgpack' },
  });

/** How far above its idle size the hub was at most while `run` ran. */
async function growth(run: () => Promise<void>): Promise<number> {
  const idle = memoryOf('VmRSS');
  fs.writeFileSync(`${proc(hub)}/clear_refs`, '5');
  await run();
  return memoryOf('VmHWM') - idle;
}

describe.skipIf(!canMeasure)(`a repository of ${OBJECTS} objects and 300 MB`, () => {
  it('is served as frames in bounded memory, complete', async () => {
    const grown = await growth(async () => {
      const answer = await ask('fetch/stream');
      const scanner = new FrameScanner(DEFAULT_LIMITS, { peer: 'hub' });
      const seen = { O: 0, bytes: 0, commits: 0, last: '' };
      for await (const chunk of answer.body!) {
        scanner.push(chunk);
        for (let value = scanner.next(); value !== null; value = scanner.next()) {
          if (isViolation(value)) throw new Error(value.message);
          const frame = decodeFetchFrame(value, DEFAULT_LIMITS);
          if (isViolation(frame)) throw new Error(frame.message);
          if (frame.type === 'O') seen.O++;
          if (frame.type === 'O') seen.bytes += frame.size;
          if (frame.type === 'C') seen.commits += frame.commits.length;
          seen.last = frame.type;
        }
      }
      expect(seen).toEqual({
        O: OBJECTS,
        bytes: OBJECTS * OBJECT_BYTES,
        commits: COMMITS,
        last: 'E',
      });
    });
    console.log(`fetch/stream of 300 MB: ${Math.round(grown / MIB)} MiB above idle`);
    expect(grown).toBeLessThan(GROWTH_MAX_BYTES);
  });

  it('is served as one map in bounded memory', async () => {
    const grown = await growth(async () => {
      const answer = await ask('fetch');
      let bytes = 0;
      for await (const chunk of answer.body!) bytes += chunk.byteLength;
      expect(bytes).toBeGreaterThan(OBJECTS * OBJECT_BYTES);
    });
    console.log(`fetch of 300 MB: ${Math.round(grown / MIB)} MiB above idle`);
    expect(grown).toBeLessThan(GROWTH_MAX_BYTES);
  });

  it('waits for readers that do not read, many at once', async () => {
    const grown = await growth(async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask('fetch/stream')));
      const readers = answers.map((answer) => answer.body!.getReader());
      for (const reader of readers) await reader.read();
      // What a hub that did not wait would read meanwhile: one answer, whole.
      const other = await ask('fetch/stream');
      for await (const _ of other.body!);
      for (const reader of readers) await reader.cancel();
    });
    console.log(`8 readers that wait: ${Math.round(grown / MIB)} MiB above idle`);
    expect(grown).toBeLessThan(2 * GROWTH_MAX_BYTES);
  });
});
