import { deflateSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Id, objectIdOf } from '~/muse/ids';
import { handleFetch, handleFetchObjects, handleFetchStream } from '~/server/http/fetch-handler';
import { decodeReplyFrame } from '~/wire/frame-codec';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { bundleOf, framesOf, readBundle, readStream } from '~tests/support/fetch-answer-reader';
import { type DatabaseStage, openDatabaseStage, type Person } from '~tests/support/fetch-stage';
import type { SeededCommit, SeededRepository } from '~tests/support/seed-repository';

let db: DatabaseStage;
let ada: Person;
let notes: SeededRepository;
const params = { owner: 'ada', slug: 'notes' };

beforeAll(async () => {
  db = await openDatabaseStage();
  ada = await db.stage.person('ada');
  const repoId = await db.stage.emptyRepository(ada, 'notes');
  // a ─ b ─ c ───── m ─ n     main
  //      └─ s1 ─ s2 ┘         side
  const text = 'a long line that deflates well, '.repeat(50);
  notes = await db.stage.seed(
    ada,
    repoId,
    [
      { name: 'a', files: { 'README.md': '# notes\n', 'src/a.ts': text, 'empty.txt': '' } },
      { name: 'b', parents: ['a'], files: { 'src/b.ts': 'b', 'docs/naïve – 😀.md': 'text' } },
      { name: 'c', parents: ['b'], files: { 'src/a.ts': 'changed', 'a.b': '1', 'a/b': '2' } },
      { name: 's1', parents: ['b'], files: { 'side.txt': 'one' } },
      { name: 's2', parents: ['s1'], files: { 'side.txt': 'two', 'src/b.ts': null } },
      { name: 'm', parents: ['c', 's2'], files: { 'side.txt': 'two', 'src/b.ts': null } },
      { name: 'n', parents: ['m'], files: { 'src/n.ts': 'n', 'a/b': null } },
    ],
    {
      museRepoId: 'c162083c-7733-48c4-b348-6d74d43f8a4e',
      encode: (content) =>
        content.byteLength > 1000
          ? { encoding: 'zlib', stored: deflateSync(content) }
          : { encoding: 'raw', stored: content },
    },
  );
});

afterAll(() => db.close());

const commit = (name: string): SeededCommit => notes.commits.get(name)!;
const idsOf = (...names: string[]): Id[] => names.map((name) => commit(name).id);

function post(route: string, body: unknown, headers: Record<string, string> = {}): Request {
  return new Request(`http://hub.test/ada/notes/${route}`, {
    method: 'POST',
    body: encode(body),
    headers: {
      'content-type': 'application/x-msgpack',
      accept: 'application/x-msgpack, application/json',
      ...headers,
    },
  });
}

async function bytesOf(answer: Response | Promise<Response>): Promise<Uint8Array> {
  const response = await answer;
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

const fetchBundle = async (body: unknown) =>
  readBundle(await bytesOf(handleFetch(post('fetch', body), params, db.stage.deps)));

const known = () =>
  new Map([...notes.commits.values()].map(({ snapshotId, manifest }) => [snapshotId, manifest]));

const fetchStream = async (body: unknown) =>
  readStream(
    await bytesOf(handleFetchStream(post('fetch/stream', body), params, db.stage.deps)),
    known(),
  );

/** Objects of some commits' snapshots. */
function objectsOf(...names: string[]): Set<Id> {
  return new Set(names.flatMap((name) => [...commit(name).manifest.values()]));
}

const sorted = (ids: Iterable<Id>) => [...ids].sort();

describe('a clone', () => {
  it('brings every commit, snapshot and object, as a map and as frames', async () => {
    for (const got of [
      await fetchBundle({ want: idsOf('n'), have: [] }),
      await fetchStream({ want: idsOf('n'), have: [] }),
    ]) {
      expect(sorted(got.commits.keys())).toEqual(
        sorted([...notes.commits.values()].map((c) => c.id)),
      );
      for (const { snapshotId, manifest } of notes.commits.values()) {
        expect(got.snapshots.get(snapshotId)).toEqual(manifest);
      }
      expect(sorted(got.objects.keys())).toEqual(sorted(notes.objects.keys()));
      for (const [id, content] of notes.objects) {
        expect(Buffer.compare(got.objects.get(id)!, content)).toBe(0);
      }
    }
  });

  it('gives parents before their children', async () => {
    const { commitOrder } = await fetchStream({ want: idsOf('n'), have: [] });
    for (const { id, parents } of notes.commits.values()) {
      for (const parent of parents) {
        expect(commitOrder.indexOf(parent)).toBeLessThan(commitOrder.indexOf(id));
      }
    }
  });

  it('gives the exact bytes of each commit record', async () => {
    const { commits } = await fetchStream({ want: idsOf('n'), have: [] });
    for (const { id, record } of notes.commits.values()) {
      expect(Buffer.compare(commits.get(id)!, record)).toBe(0);
    }
    const bytes = await bytesOf(
      handleFetch(post('fetch', { want: idsOf('n'), have: [] }), params, db.stage.deps),
    );
    for (const { record } of notes.commits.values()) {
      expect(Buffer.from(bytes).includes(Buffer.from(record))).toBe(true);
    }
  });

  it('has the shape that the public CLI reads', async () => {
    const answer = await handleFetch(
      post('fetch', { want: idsOf('c'), have: [] }),
      params,
      db.stage.deps,
    );
    expect(answer.headers.get('content-type')).toBe('application/x-msgpack');
    const bundle = bundleOf(await bytesOf(answer), 'msgpack');
    expect(Object.keys(bundle)).toEqual(['commits', 'snapshots', 'objects', 'branch_heads']);
    expect(bundle.branch_heads).toEqual({ main: commit('n').id });
    expect(bundle.commits[0]).toMatchObject({
      commit_id: commit('a').id,
      message: 'feat: a',
      author: 'ada',
    });
    const snapshot = bundle.snapshots.find(
      ({ snapshot_id }) => snapshot_id === commit('c').snapshotId,
    )!;
    expect(Object.keys(snapshot)).toEqual(['snapshot_id', 'manifest', 'created_at']);
    expect(snapshot.created_at).toBe(commit('c').createdAt);
    expect(Object.keys(snapshot.manifest as object)).toEqual([
      'README.md',
      'a.b',
      'a/b',
      'docs/naïve – 😀.md',
      'empty.txt',
      'src/a.ts',
      'src/b.ts',
    ]);
    const object = bundle.objects.find(
      ({ object_id }) => object_id === objectIdOf(Buffer.from('b')),
    )!;
    expect(object.content).toEqual(new Uint8Array(Buffer.from('b')));
  });

  it('is JSON with base64 when Accept asks for that', async () => {
    const request = post('fetch', { want: idsOf('n'), have: [] }, { accept: 'application/json' });
    const answer = await handleFetch(request, params, db.stage.deps);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const got = readBundle(await bytesOf(answer), 'json');
    expect(got.objects.size).toBe(notes.objects.size);
    expect(got.commits.size).toBe(notes.commits.size);
  });

  it('takes a JSON request and answers in kind when Accept leaves the choice', async () => {
    const request = new Request('http://hub.test/ada/notes/fetch', {
      method: 'POST',
      body: JSON.stringify({ want: idsOf('a') }),
      headers: { 'content-type': 'application/json', accept: '*/*' },
    });
    const got = readBundle(await bytesOf(handleFetch(request, params, db.stage.deps)), 'json');
    expect([...got.commits.keys()]).toEqual(idsOf('a'));
  });

  it('sends objects as they are stored', async () => {
    const { frames } = await fetchStream({ want: idsOf('a'), have: [] });
    const encodings = frames.flatMap((frame) => (frame.type === 'O' ? [frame.encoding] : []));
    expect(encodings.sort()).toEqual(['raw', 'raw', 'zlib']);
  });

  it('sends what follows a parent as the difference from it', async () => {
    const got = await fetchStream({ want: idsOf('n'), have: [] });
    expect([got.whole, got.deltas]).toEqual([1, 6]);
  });
});

describe('a fetch of what is missing', () => {
  it('brings only the commits that have does not reach', async () => {
    for (const got of [
      await fetchBundle({ want: idsOf('n'), have: idsOf('c') }),
      await fetchStream({ want: idsOf('n'), have: idsOf('c') }),
    ]) {
      expect(sorted(got.commits.keys())).toEqual(sorted(idsOf('n', 'm', 's1', 's2')));
    }
  });

  it('brings only the objects that the peer lacks', async () => {
    const got = await fetchStream({ want: idsOf('n'), have: idsOf('c') });
    const lacking = [...objectsOf('n', 'm', 's1', 's2')].filter(
      (id) => !objectsOf('c', 'b', 'a').has(id),
    );
    expect(sorted(got.objects.keys())).toEqual(sorted(lacking));
  });

  it('builds deltas on snapshots that the peer has', async () => {
    const got = await fetchStream({ want: idsOf('s2'), have: idsOf('b') });
    expect([got.whole, got.deltas]).toEqual([0, 2]);
    expect(
      got.frames.flatMap((f) => (f.type === 'C' ? f.snapshotDeltas.map((d) => d.parentId) : [])),
    ).toEqual([commit('b').snapshotId, commit('s1').snapshotId]);
  });

  it('is empty when the peer has it all, and still a whole answer', async () => {
    const stream = await fetchStream({ want: idsOf('c'), have: idsOf('n') });
    expect([stream.ending, stream.commits.size, stream.objects.size]).toEqual(['E', 0, 0]);
    expect(stream.frames.map((frame) => frame.type)).toEqual(['H', 'C', 'E']);
    const bundle = await fetchBundle({ want: idsOf('c'), have: idsOf('n') });
    expect([bundle.commits.size, bundle.snapshots.size, bundle.objects.size]).toEqual([0, 0, 0]);
  });

  it('is empty when nothing is wanted', async () => {
    const stream = await fetchStream({ want: [], have: [] });
    expect(stream.frames.map((frame) => frame.type)).toEqual(['H', 'C', 'E']);
    expect(stream.header).toMatchObject({
      objectCount: 0,
      commitCount: 0,
      branchHeads: { main: commit('n').id },
    });
  });

  it('passes over have ids that are unknown here', async () => {
    const got = await fetchStream({ want: idsOf('n'), have: [...idsOf('c'), 'f'.repeat(64)] });
    expect(got.commits.size).toBe(4);
  });

  it('takes ids in both forms and twice', async () => {
    const want = [...idsOf('n'), ...idsOf('n')].map((id) => `sha256:${id}`);
    expect((await fetchStream({ want, have: [] })).commits.size).toBe(7);
  });
});

describe('a shallow fetch', () => {
  it('brings so many generations, with whole snapshots and all their objects', async () => {
    const got = await fetchStream({ want: idsOf('n'), have: [], depth: 2 });
    expect(sorted(got.commits.keys())).toEqual(sorted(idsOf('n', 'm')));
    expect(got.snapshots.get(commit('m').snapshotId)).toEqual(commit('m').manifest);
    expect(sorted(got.objects.keys())).toEqual(sorted(objectsOf('n', 'm')));
    expect([got.whole, got.deltas]).toEqual([1, 1]);
  });

  it('does not take the parents it leaves out for held ones', async () => {
    const got = await fetchStream({ want: idsOf('c'), have: idsOf('s2'), depth: 1 });
    expect([...got.commits.keys()]).toEqual(idsOf('c'));
    // The peer has b, which s2 reaches: c builds on it.
    expect([got.whole, got.deltas]).toEqual([0, 1]);
    const unrelated = await fetchStream({ want: idsOf('n'), have: idsOf('s1'), depth: 1 });
    expect([...unrelated.commits.keys()]).toEqual(idsOf('n'));
    expect([unrelated.whole, unrelated.deltas]).toEqual([1, 0]);
    const lacking = [...objectsOf('n')].filter((id) => !objectsOf('s1').has(id));
    expect(sorted(unrelated.objects.keys())).toEqual(sorted(lacking));
  });
});

describe('objects by their ids', () => {
  const ask = (ids: string[], headers = {}) =>
    handleFetchObjects(post('fetch/objects', { object_ids: ids }, headers), params, db.stage.deps);

  it('come once each, whatever the order and however often they are asked for', async () => {
    const ids = [...notes.objects.keys()];
    const got = readStream(await bytesOf(ask([...ids, ids[0]!].reverse())));
    expect(sorted(got.objects.keys())).toEqual(sorted(ids));
    expect(got.ending).toBe('E');
  });

  it('are refused before any of them when one is not here', async () => {
    const [id] = notes.objects.keys();
    const answer = await ask([id!, 'e'.repeat(64)], { accept: STREAM_MIME_TYPE });
    expect(answer.status).toBe(404);
    const frame = decodeReplyFrame(new Uint8Array(await answer.arrayBuffer()));
    expect(frame).toMatchObject({
      type: 'X',
      code: 'object-not-found',
      detail: { object_id: 'e'.repeat(64) },
    });
  });

  it('are not borrowed from another repository', async () => {
    const other = await db.stage.emptyRepository(ada, 'other');
    await db.stage.seed(ada, other, [{ name: 'x', files: { x: 'only in other' } }]);
    const answer = await ask([objectIdOf(Buffer.from('only in other'))], {
      accept: 'application/json',
    });
    expect(answer.status).toBe(404);
  });

  it('are an END alone when none is asked for', async () => {
    expect(framesOf(await bytesOf(ask([]))).map((frame) => frame.type)).toEqual(['E']);
  });
});
