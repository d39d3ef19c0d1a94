import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClientError } from '~/client/client-error';
import { clone } from '~/client/clone';
import type { Caller } from '~/client/http';
import { type PushOptions, push } from '~/client/push';
import { parseAddress } from '~/client/remote-address';
import { Repository } from '~/client/repository';
import { encodeReplyFrame } from '~/wire/frame-codec';
import { SFRAME_ERROR } from '~/wire/frames';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { fixtureCopy, fixtureNames, tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { WireServer } from '~tests/support/wire-server';

let server: WireServer;
let slugs = 0;
beforeAll(async () => {
  server = await WireServer.start();
});
afterEach(() => {
  server.intercept = () => null;
  server.tamper = null;
});
afterAll(() => server.stop());

const caller = (token: string | null = server.token): Caller => ({ token, client: 'musehub/test' });

async function newRemote() {
  const slug = `repo-${++slugs}`;
  const remote = parseAddress(await server.repository(slug));
  server.takeSeen();
  return { slug, remote };
}

type Remote = Awaited<ReturnType<typeof newRemote>>['remote'];

function send(
  folder: Repository,
  remote: Remote,
  branch = 'main',
  more: Partial<PushOptions> = {},
) {
  return push(folder, remote, caller(), {
    localBranch: branch,
    remoteBranch: branch,
    force: false,
    remoteName: null,
    retryMs: 1,
    ...more,
  });
}

async function refusal(work: Promise<unknown>): Promise<ClientError> {
  const error = await work.then(
    () => new Error('it went through'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw error;
  return error;
}

async function cloned(remote: Remote): Promise<Repository> {
  const folder = path.join(tempFolder(), 'copy');
  return (await clone(remote, caller(), { folder })).repository;
}

describe('a push', () => {
  it('creates a branch, then sends nothing, then is a fast-forward that sends what is new only', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    const ids = muse.line('main', 20);
    const first = await send(muse.repository, remote);
    expect(first).toMatchObject({
      kind: 'create',
      newHead: ids[19],
      commitsNew: 20,
      objectsNew: 20,
    });
    server.takeSeen();
    expect(await send(muse.repository, remote)).toMatchObject({ kind: 'noop', commitsNew: 0 });
    expect(server.takeSeen()).toEqual([`GET ${new URL(remote.url).pathname}/refs`]);
    const next = muse.line('main', 2, ids[19]!, 'more');
    const result = await send(muse.repository, remote);
    expect(result).toMatchObject({
      kind: 'fast-forward',
      newHead: next[1],
      commitsNew: 2,
      objectsNew: 2,
    });
    expect(result.bytesReceived).toBeLessThan(3500);
    expect(server.pushes(slug).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    expect(server.pushes(slug)[0]!.opening.client).toBe('musehub/test');
  });

  it('sends each object once, however many snapshots name it', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    const one = muse.commit({ files: { a: 'same', b: 'same', 'c/d': 'other' } });
    const two = muse.commit({ parents: [one], files: { e: 'same', 'c/d': 'other' } });
    muse.commit({ parents: [two], files: {}, branch: 'main' });
    expect(await send(muse.repository, remote)).toMatchObject({
      commitsNew: 3,
      snapshotsNew: 3,
      objectsNew: 2,
    });
  });

  it('is refused when the branch has moved on, and replaces it with force', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    const [base] = muse.line('main', 1);
    await send(muse.repository, remote);
    muse.line('main', 2, base!, 'theirs');
    await send(muse.repository, remote);
    const mine = muse.line('main', 1, base!, 'mine');
    expect(await refusal(send(muse.repository, remote))).toMatchObject({
      code: 'non-fast-forward',
    });
    const forced = await send(muse.repository, remote, 'main', { force: true });
    expect(forced).toMatchObject({ kind: 'force', newHead: mine[0], commitsNew: 1 });
    expect(server.pushes(slug).map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'accepted',
      'refused',
      'accepted',
    ]);
  });

  it('asks which commits are known when a head of the remote is not here', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    const ids = muse.line('main', 30);
    await send(muse.repository, remote);
    const other = await cloned(remote);
    // Somebody moves main to a commit that is only in the other folder.
    const theirs = await MuseFolder.make();
    theirs.line('main', 30);
    theirs.line('main', 1, ids[29]!, 'theirs');
    await send(theirs.repository, remote);
    expect(other.branch('main')).toBe(ids[29]);
    muse.line('feature', 3, ids[29]!, 'feature');
    server.takeSeen();
    const result = await send(muse.repository, remote, 'feature');
    expect(result).toMatchObject({ kind: 'create', commitsNew: 3, objectsNew: 3 });
    expect(result.bytesReceived).toBeLessThan(5000);
    expect(server.takeSeen().some((line) => line.endsWith('/negotiate'))).toBe(true);
  });

  it('carries every fixture there and back, record for record', async () => {
    for (const name of fixtureNames()) {
      const { remote } = await newRemote();
      const source = Repository.open(fixtureCopy(name));
      for (const branch of source.branches().heads.keys()) await send(source, remote, branch);
      const copy = await cloned(remote);
      expect(copy.branches().heads).toEqual(source.branches().heads);
      for (const id of new Set(source.branches().heads.values())) {
        const open = [id];
        for (let commit = open.pop(); commit !== undefined; commit = open.pop()) {
          const file = `commits/${commit}.json`;
          const [mine, theirs] = [source, copy].map((r) => readFileSync(path.join(r.folder, file)));
          expect(theirs!.equals(mine!)).toBe(true);
          const { snapshotId, parents } = source.commit(commit).commit;
          const manifests = [source, copy].map((r) => new Map(r.snapshot(snapshotId).manifest));
          expect(manifests[1]).toEqual(manifests[0]);
          for (const object of manifests[0]!.values()) {
            expect(copy.objectSize(object)).toBe(source.objectSize(object));
          }
          open.push(...parents);
        }
      }
    }
  });

  it('keeps the form of ids that a repository has, and refuses to mix the two', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 3);
    const { folder } = muse.repository;
    const prefixed = (text: string) => text.replace(/\b[0-9a-f]{64}\b/g, (id) => `sha256:${id}`);
    for (const kind of ['commits', 'snapshots', 'refs/heads']) {
      for (const name of readdirSync(path.join(folder, kind))) {
        const file = path.join(folder, kind, name);
        writeFileSync(file, prefixed(readFileSync(file, 'utf8')));
      }
    }
    expect(await send(muse.repository, remote)).toMatchObject({ kind: 'create', commitsNew: 3 });
    const copy = await cloned(remote);
    for (const kind of ['commits', 'snapshots', 'refs/heads']) {
      for (const name of readdirSync(path.join(folder, kind))) {
        const [mine, theirs] = [folder, copy.folder].map((f) =>
          readFileSync(path.join(f, kind, name), 'utf8'),
        );
        expect(theirs).toBe(mine);
      }
    }
    const bare = await MuseFolder.make();
    bare.line('main', 1);
    const error = await refusal(send(bare.repository, remote, 'main', { remoteBranch: 'other' }));
    expect(error).toMatchObject({ code: 'id-format-mismatch' });
    expect(error.message).toContain('"sha256:"');
  });

  it('sends a large object in chunks, raw or compressed, and runs of nothing too', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    const noise = randomBytes(6 * 1024 ** 2);
    const text = Buffer.alloc(9 * 1024 ** 2, 'once upon a time ');
    const nothing = Buffer.alloc(40 * 1024 ** 2);
    const mixed = Buffer.concat([
      Buffer.alloc(5 * 1024 ** 2, 'abcdefgh\n'),
      nothing.subarray(0, 9 * 1024 ** 2),
      noise.subarray(0, 1024 ** 2),
    ]);
    muse.commit({ files: { noise, text, nothing, mixed, tiny: 'x', empty: '' }, branch: 'main' });
    const result = await send(muse.repository, remote);
    expect(result).toMatchObject({ kind: 'create', objectsNew: 6 });
    expect(result.bytesReceived).toBeLessThan(9 * 1024 ** 2);
    const copy = await cloned(remote);
    for (const [name, bytes] of Object.entries({ noise, text, nothing, mixed })) {
      expect(readFileSync(path.join(copy.root, name)).equals(bytes)).toBe(true);
    }
  });

  it('deletes a branch', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    await send(muse.repository, remote);
    await send(muse.repository, remote, 'main', { remoteBranch: 'old/idea' });
    const gone = await send(muse.repository, remote, 'x', {
      localBranch: null,
      remoteBranch: 'old/idea',
    });
    expect(gone).toMatchObject({ kind: 'delete', branch: 'old/idea', newHead: null });
    const again = send(muse.repository, remote, 'x', {
      localBranch: null,
      remoteBranch: 'old/idea',
    });
    expect(await refusal(again)).toMatchObject({ code: 'branch-not-found' });
  });

  it('remembers the heads of a named remote, also where their names are in each other’s way', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    const [id] = muse.line('main', 1);
    const named = { remoteName: 'origin', localBranch: 'main' };
    await send(muse.repository, remote, 'x', { ...named, remoteBranch: 'a' });
    await send(muse.repository, remote, 'x', { ...named, localBranch: null, remoteBranch: 'a' });
    expect(muse.repository.remoteHeads('origin').heads.size).toBe(0);
    await send(muse.repository, remote, 'x', { ...named, remoteBranch: 'a/b' });
    expect(muse.repository.remoteHeads('origin').heads).toEqual(new Map([['a/b', id]]));
  });
});

describe('a push that meets trouble', () => {
  it('says so when nobody may, or there is nothing', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    const nobody = push(muse.repository, remote, caller(null), {
      localBranch: 'main',
      remoteBranch: 'main',
      force: false,
      remoteName: null,
    });
    expect(await refusal(nobody)).toMatchObject({ code: 'unauthenticated' });
    const missing = parseAddress(`${server.url}/ada/nothing-here`);
    expect(await refusal(send(muse.repository, missing))).toMatchObject({ code: 'repo-not-found' });
    expect(await refusal(send(muse.repository, remote, 'nope'))).toMatchObject({
      code: 'unknown-branch',
    });
  });

  it('fails at once where nobody listens', async () => {
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    const nobody = parseAddress('http://127.0.0.1:9/ada/demo');
    let retries = 0;
    const error = await refusal(
      send(muse.repository, nobody, 'main', { onRetry: () => retries++ }),
    );
    expect(error).toMatchObject({ code: 'network' });
    expect(retries).toBe(0);
  });

  it('finds out that it landed when the answer was lost, and does not push twice', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 5);
    server.tamper = ({ path: where }, bytes) => (where.endsWith('/push/stream') ? 'cut' : bytes);
    const result = await send(muse.repository, remote);
    expect(result).toMatchObject({ kind: 'create', commitsNew: 5 });
    expect(server.pushes(slug)).toHaveLength(1);
    expect(server.takeSeen().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('is sent again under the same push id when it did not land', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 5);
    let cuts = 2;
    server.intercept = ({ path: where }, request) => {
      if (!where.endsWith('/push/stream') || cuts-- <= 0) return null;
      request.once('data', () => request.socket.destroy());
      return true;
    };
    const retries: string[] = [];
    const result = await send(muse.repository, remote, 'main', {
      onRetry: (error) => retries.push(error.code),
    });
    expect(result).toMatchObject({ kind: 'create', commitsNew: 5 });
    expect(retries).toEqual(['network', 'network']);
    expect(server.pushes(slug)).toHaveLength(1);
  });

  it('gives up after a few tries', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    server.intercept = ({ path: where }, request) => {
      if (!where.endsWith('/push/stream')) return null;
      request.socket.destroy();
      return true;
    };
    let retries = 0;
    const error = await refusal(
      send(muse.repository, remote, 'main', { onRetry: () => retries++ }),
    );
    expect(error).toMatchObject({ code: 'network' });
    expect(retries).toBe(5);
    expect(server.pushes(slug)).toHaveLength(0);
  });

  it('stops sending as soon as it is refused, and reports the refusal', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`noise-${i}`, randomBytes(1024 ** 2)]),
    );
    muse.commit({ files, branch: 'main' });
    let received = 0;
    server.intercept = ({ path: where }, request, response) => {
      if (!where.endsWith('/push/stream')) return null;
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      response.writeHead(200, { 'content-type': STREAM_MIME_TYPE });
      const frame = {
        type: SFRAME_ERROR,
        code: 'quota-exceeded',
        message: 'Full.',
        retryable: false,
        detail: { max: 1 },
      } as const;
      response.end(encodeReplyFrame(frame, 'bare'));
      return true;
    };
    const error = await refusal(send(muse.repository, remote));
    expect(error).toMatchObject({ code: 'quota-exceeded', message: 'Full.', detail: { max: 1 } });
    expect(received).toBeLessThan(30 * 1024 ** 2);
  });

  it('does not send an object that is missing or damaged here, and changes nothing', async () => {
    const { remote, slug } = await newRemote();
    const muse = await MuseFolder.make();
    const [id] = muse.line('main', 3);
    const { manifest } = muse.repository.snapshot(muse.repository.commit(id!).commit.snapshotId);
    const file = muse.repository.objectPath(manifest[0]![1]);
    const content = readFileSync(file);
    writeFileSync(file, Buffer.concat([content, Buffer.from('!')]));
    const damaged = await refusal(send(muse.repository, remote));
    expect(damaged).toMatchObject({ code: 'repository-damaged' });
    expect(damaged.message).toContain('does not hash to its id');
    rmSync(file);
    expect((await refusal(send(muse.repository, remote))).message).toContain('is missing');
    expect(server.pushes(slug).every(({ outcome }) => outcome !== 'accepted')).toBe(true);
  });

  it('ends when it is interrupted', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    const stop = new AbortController();
    server.intercept = ({ path: where }, request) => {
      if (!where.endsWith('/push/stream')) return null;
      request.once('data', () => stop.abort());
      return true;
    };
    const sent = push(
      muse.repository,
      remote,
      { ...caller(), signal: stop.signal },
      {
        localBranch: 'main',
        remoteBranch: 'main',
        force: false,
        remoteName: null,
      },
    );
    expect(await refusal(sent)).toMatchObject({ code: 'interrupted' });
  });

  it('does not follow a redirect with the token', async () => {
    const { remote } = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    server.intercept = (_, __, response) => {
      response.writeHead(302, { location: 'http://elsewhere.example/' }).end();
      return true;
    };
    expect(await refusal(send(muse.repository, remote))).toMatchObject({ code: 'bad-response' });
    expect(server.takeSeen()).toHaveLength(1);
  });
});
