import { encode } from '@msgpack/msgpack';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectIdOf, sha256 } from '~/muse/ids';
import { handleFetch, handleFetchObjects, handleFetchStream } from '~/server/http/fetch-handler';
import { FetchSlots } from '~/server/services/fetch-slots';
import { Refusal } from '~/wire/errors';
import { encodeValue } from '~/wire/msgpack-writer';
import { type CallCounter, failing } from '~tests/support/failing';
import {
  type FetchedStream,
  framesOf,
  readBundle,
  readStream,
} from '~tests/support/fetch-answer-reader';
import type { FetchStage, Person, ReadDeps } from '~tests/support/fetch-stage';
import { memoryStage } from '~tests/support/memory-stage';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

let stage: FetchStage;
let ada: Person;
let repoId: string;
const params = { owner: 'ada', slug: 'notes' };

beforeEach(async () => {
  stage = memoryStage();
  ada = await stage.person('ada');
  repoId = await stage.emptyRepository(ada, 'notes');
});

function post(body: unknown): Request {
  return new Request('http://hub.test/ada/notes/fetch', {
    method: 'POST',
    body: encode(body),
    headers: { 'content-type': 'application/x-msgpack', accept: 'application/x-msgpack' },
  });
}

const wishFor = (repo: SeededRepository, name: string) => ({
  want: [repo.commits.get(name)!.id],
  have: [],
});

async function stream(repo: SeededRepository, name: string, deps: ReadDeps = stage.deps) {
  const answer = await handleFetchStream(post(wishFor(repo, name)), params, deps);
  return new Uint8Array(await answer.arrayBuffer());
}

const chunksOf = (got: FetchedStream) => got.frames.filter((frame) => frame.type === 'OC');
const packsOf = (got: FetchedStream) => got.frames.filter((frame) => frame.type === 'C');

describe('a large object', () => {
  it('comes in chunks that join to it, the last one marked', async () => {
    const large = Buffer.alloc(20 * 1024 ** 2, 'large');
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'large.bin': large, s: 's' } },
    ]);
    const got = readStream(await stream(repo, 'a'));
    expect(Buffer.compare(got.objects.get(objectIdOf(large))!, large)).toBe(0);
    const chunks = chunksOf(got);
    expect(chunks.length).toBeGreaterThan(4);
    expect(chunks.map((chunk) => chunk.last)).toEqual(
      chunks.map((_, n) => n === chunks.length - 1),
    );
    expect(Math.max(...chunks.map((chunk) => chunk.wireBytes))).toBeLessThan(8 * 1024 ** 2);
    const bundle = await handleFetch(post(wishFor(repo, 'a')), params, stage.deps);
    const whole = readBundle(new Uint8Array(await bundle.arrayBuffer()));
    expect(Buffer.compare(whole.objects.get(objectIdOf(large))!, large)).toBe(0);
  });

  it('is cut to the frames that the operator allows', async () => {
    const content = Buffer.alloc(300_000, 'x');
    const repo = await stage.seed(ada, repoId, [{ name: 'a', files: { f: content } }]);
    const deps = { ...stage.deps, limits: { ...stage.deps.limits, maxObjectWireBytes: 100_000 } };
    const got = readStream(await stream(repo, 'a', deps));
    expect(chunksOf(got).length).toBe(4);
    expect(Math.max(...chunksOf(got).map((chunk) => chunk.wireBytes))).toBeLessThanOrEqual(100_000);
    expect(got.objects.get(objectIdOf(content))?.byteLength).toBe(300_000);
  });
});

describe('commit packs', () => {
  it('are several when there is much to say, each below 8 MiB', async () => {
    const commits: SeedCommit[] = Array.from({ length: 40 }, (_, n) => ({
      name: `${n}`,
      parents: n === 0 ? [] : [`${n - 1}`],
      files: { f: `${n}` },
      record: { structured_delta: { note: 'x'.repeat(400_000) } },
    }));
    const repo = await stage.seed(ada, repoId, commits);
    const got = readStream(await stream(repo, '39'));
    expect(got.commits.size).toBe(40);
    expect(packsOf(got).length).toBeGreaterThan(3);
    expect(Math.max(...packsOf(got).map((pack) => pack.wireBytes))).toBeLessThan(8 * 1024 ** 2);
    for (const { id, record } of repo.commits.values()) {
      expect(Buffer.compare(got.commits.get(id)!, record)).toBe(0);
    }
  });

  it('refuse a record that fits no frame, instead of sending what no client takes', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { f: '1' }, record: { metadata: { note: 'x'.repeat(50_000) } } },
    ]);
    const deps = { ...stage.deps, limits: { ...stage.deps.limits, maxCommitPackBytes: 20_000 } };
    const frames = framesOf(await stream(repo, 'a', deps));
    expect(frames.at(-1)).toMatchObject({ type: 'X', code: 'limit-exceeded' });
  });

  it('keep every other key of a snapshot, whole or as a difference', async () => {
    const extra = { created_at: 'then', note: { deep: [1, 2.5, null, 'x'] }, directories: ['d'] };
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { f: '1', g: '2' }, snapshotExtra: extra },
      {
        name: 'b',
        parents: ['a'],
        files: { f: '3' },
        snapshotExtra: { ...extra, created_at: 'later' },
      },
    ]);
    const frames = framesOf(await stream(repo, 'b'));
    const packs = frames.flatMap((frame) => (frame.type === 'C' ? [frame] : []));
    const [whole] = packs.flatMap((pack) => pack.snapshots);
    const [delta] = packs.flatMap((pack) => pack.snapshotDeltas);
    expect(Buffer.from(whole!.extra)).toEqual(Buffer.from(encodeValue(extra)));
    expect(Buffer.from(delta!.extra)).toEqual(
      Buffer.from(encodeValue({ ...extra, created_at: 'later' })),
    );
    expect(delta!.add.map(([path]) => path)).toEqual(['f']);
  });

  it('send a snapshot whole when the difference would be as long', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { one: '1', two: '2' } },
      { name: 'b', parents: ['a'], files: { one: null, two: null, three: '3' } },
    ]);
    const got = readStream(await stream(repo, 'b'));
    expect([got.whole, got.deltas]).toEqual([2, 0]);
  });

  it('hold many commits in many batches', async () => {
    const commits: SeedCommit[] = Array.from({ length: 300 }, (_, n) => ({
      name: `${n}`,
      parents: n === 0 ? [] : [`${n - 1}`],
      files: { [`d${n % 9}/f${n % 31}`]: `${n}` },
    }));
    const repo = await stage.seed(ada, repoId, commits);
    const got = readStream(await stream(repo, '299'));
    expect([got.commits.size, got.snapshots.size, got.objects.size]).toEqual([300, 300, 300]);
    for (const { snapshotId, manifest } of repo.commits.values()) {
      expect(got.snapshots.get(snapshotId)).toEqual(manifest);
    }
  });
});

describe('an empty snapshot', () => {
  it('is sent, whole and as what is left of another', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: {} },
      { name: 'b', parents: ['a'], files: { f: '1' } },
      { name: 'c', parents: ['b'], files: { f: null }, snapshotExtra: { created_at: 'x' } },
    ]);
    const got = readStream(await stream(repo, 'c'));
    expect(got.snapshots.get(sha256(''))).toEqual(new Map());
    expect(got.snapshots.size).toBe(2);
  });
});

describe('back-pressure', () => {
  it('reads no more of the storage than a slow reader takes, but what is read ahead', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`f${n}`, Buffer.alloc(512 * 1024, n)]),
    );
    const repo = await stage.seed(ada, repoId, [{ name: 'a', files }]);
    let batches = 0;
    const { objects } = stage.deps;
    const deps = {
      ...stage.deps,
      objects: {
        readObject: objects.readObject.bind(objects),
        readObjects: objects.readObjects.bind(objects),
        async *readBatches(...args: Parameters<typeof objects.readBatches>) {
          for await (const batch of objects.readBatches(...args)) {
            batches++;
            yield batch;
          }
        },
      } as typeof objects,
    };
    const answer = await handleFetchStream(post(wishFor(repo, 'a')), params, deps);
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.read();
    // One batch holds at most 8 MiB; 150 MiB are there to be read.
    expect(batches).toBeLessThanOrEqual(2);
    await reader.cancel();
    expect(stage.logged).toEqual([]);
  });
});

describe('the answers under way', () => {
  it('of one address leave room for the others', () => {
    const slots = new FetchSlots(4, 2);
    const [release] = [slots.take('192.0.2.1'), slots.take('192.0.2.1')];
    expect(() => slots.take('192.0.2.1')).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({ limit: 'fetches_per_address' }),
      }),
    );
    slots.take('192.0.2.2');
    slots.take('192.0.2.3');
    expect(() => slots.take('192.0.2.4')).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({ limit: 'fetches_per_process' }),
      }),
    );
    release();
    release();
    slots.take('192.0.2.1');
    expect(() => slots.take('192.0.2.1')).toThrow();
  });

  it('are so many and no more, until one ends, breaks or is given up', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { f: Buffer.alloc(300_000, 1), g: Buffer.alloc(300_000, 2) } },
    ]);
    const deps = { ...stage.deps, slots: new FetchSlots(2) };
    const ask = (using: ReadDeps = deps) =>
      handleFetchStream(post(wishFor(repo, 'a')), params, using);
    const [one, two] = [await ask(), await ask()];
    const third = await ask();
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5']);
    await one.arrayBuffer();
    const four = await ask();
    expect(four.status).toBe(200);
    await two.body!.cancel();
    await four.body!.cancel();
    const counter: CallCounter = { calls: 0, failAt: 3, error: () => new Error('cut') };
    for (let n = 0; n < 5; n++) {
      counter.calls = 0;
      await (await ask({ ...deps, store: failing(deps.store, counter) })).arrayBuffer();
      await (await handleFetchStream(post({ want: ['e'.repeat(64)] }), params, deps)).arrayBuffer();
    }
    const last = [await ask(), await ask()];
    expect(last.map(({ status }) => status)).toEqual([200, 200]);
    for (const answer of last) await answer.body!.cancel();
  });
});

describe('whatever call fails', () => {
  const wholeRepo = () =>
    stage.seed(ada, repoId, [
      { name: 'a', files: { 'x/1': Buffer.alloc(70_000, 1), 'x/2': '2' } },
      { name: 'b', parents: ['a'], files: { 'y/3': Buffer.alloc(70_000, 3), 'x/2': null } },
      { name: 'c', parents: ['b'], files: { 'large.bin': Buffer.alloc(9 * 1024 ** 2, 4) } },
    ]);

  async function eachCall(
    run: (deps: ReadDeps) => Promise<Response>,
    error: () => Error,
    check: (answer: { status: number; bytes: Buffer; broken: boolean }, call: number) => void,
  ): Promise<number> {
    const ask = async (failAt: number) => {
      const counter: CallCounter = { calls: 0, failAt, error };
      const { deps } = stage;
      const answer = await run({
        ...deps,
        identities: failing(deps.identities, counter),
        store: failing(deps.store, counter),
        objects: failing(deps.objects, counter),
      });
      const parts: Uint8Array[] = [];
      let broken = false;
      try {
        for await (const part of answer.body ?? []) parts.push(part);
      } catch {
        broken = true;
      }
      return { counter, answer: { status: answer.status, bytes: Buffer.concat(parts), broken } };
    };
    const { counter, answer } = await ask(0);
    if (answer.status !== 200 || answer.broken) throw new Error('it fails by itself');
    for (let call = 1; call <= counter.calls; call++) check((await ask(call)).answer, call);
    return counter.calls;
  }

  it('fetch/stream and fetch/objects never say END', async () => {
    const repo = await wholeRepo();
    const ids = [...repo.objects.keys()];
    for (const run of [
      (deps: ReadDeps) => handleFetchStream(post(wishFor(repo, 'c')), params, deps),
      (deps: ReadDeps) => handleFetchObjects(post({ object_ids: ids }), params, deps),
    ]) {
      const calls = await eachCall(
        run,
        () => new Error('cut'),
        ({ bytes, broken }, call) => {
          expect(broken, `call ${call}`).toBe(false);
          const endings = framesOf(bytes).filter(({ type }) => type === 'E' || type === 'X');
          expect(endings, `call ${call}`).toMatchObject([{ type: 'X', code: 'internal' }]);
        },
      );
      expect(calls).toBeGreaterThan(5);
    }
  });

  it('fetch is broken off or refused, never whole', async () => {
    const repo = await wholeRepo();
    const run = (deps: ReadDeps) => handleFetch(post(wishFor(repo, 'c')), params, deps);
    await eachCall(
      run,
      () => new Refusal('storage-unavailable'),
      ({ status, bytes, broken }, call) => {
        expect(status === 503 || broken, `call ${call}`).toBe(true);
        if (status === 200) expect(() => readBundle(bytes), `call ${call}`).toThrow();
      },
    );
  });
});
