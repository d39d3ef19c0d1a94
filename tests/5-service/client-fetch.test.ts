import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClientError } from '~/client/client-error';
import { clone } from '~/client/clone';
import { fetchRemote } from '~/client/fetch';
import type { Caller } from '~/client/http';
import { createRepository, getRefs, whoami } from '~/client/hub-api';
import { push } from '~/client/push';
import { parseAddress, type RemoteAddress } from '~/client/remote-address';
import { Repository } from '~/client/repository';
import { decodeFetchFrame, encodeFetchFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import type { FetchFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, STREAM_MIME_TYPE } from '~/wire/limits';
import { tempFolder } from '~tests/support/muse-fixtures';
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

async function pushed(
  branches: Record<string, number>,
): Promise<{ muse: MuseFolder; remote: RemoteAddress }> {
  const remote = parseAddress(await server.repository(`fetch-${++slugs}`));
  const muse = await MuseFolder.make();
  for (const [branch, count] of Object.entries(branches)) {
    muse.line(branch, count);
    await send(muse, remote, branch);
  }
  return { muse, remote };
}

function send(muse: MuseFolder, remote: RemoteAddress, branch: string) {
  return push(muse.repository, remote, caller(), {
    localBranch: branch,
    remoteBranch: branch,
    force: true,
    remoteName: null,
  });
}

const newFolder = () => path.join(tempFolder(), 'copy');

async function refusal(work: Promise<unknown>): Promise<ClientError> {
  const error = await work.then(
    () => new Error('it went through'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw error;
  return error;
}

/** Sends another answer in place of a fetch's: the frames of the true one, changed. */
function changeFrames(change: (frames: FetchFrame[]) => FetchFrame[]): void {
  const bytes: Buffer[] = [];
  server.tamper = ({ path: where }, chunk) => {
    if (!where.endsWith('/fetch/stream')) return chunk;
    bytes.push(chunk);
    const scanner = new FrameScanner(DEFAULT_LIMITS, { peer: 'hub' });
    scanner.push(Buffer.concat(bytes));
    const frames: FetchFrame[] = [];
    for (let next = scanner.next(); next instanceof Uint8Array; next = scanner.next()) {
      frames.push(decodeFetchFrame(next, DEFAULT_LIMITS) as FetchFrame);
    }
    if (frames.at(-1)?.type !== 'E') return Buffer.alloc(0);
    return Buffer.concat(change(frames).map((frame) => encodeFetchFrame(frame, 'bare')));
  };
}

describe('a clone', () => {
  it('has every branch, the remote, HEAD on the default branch, and its files', async () => {
    const { muse, remote } = await pushed({ main: 4, 'feat/x': 2 });
    const folder = newFolder();
    const result = await clone(remote, caller(), { folder });
    expect(result).toMatchObject({
      branch: 'main',
      branches: 2,
      head: muse.repository.branch('main'),
    });
    const copy = Repository.open(folder);
    expect(copy.branches().heads).toEqual(muse.repository.branches().heads);
    expect(copy.remoteHeads('origin').heads).toEqual(copy.branches().heads);
    expect(copy.remotes()).toEqual([{ name: 'origin', url: remote.url }]);
    expect(copy.head()).toEqual({ branch: 'main' });
    expect(copy.info().repoId).toBe(muse.repository.info().repoId);
    expect(readFileSync(path.join(folder, 'main/file-3.txt'), 'utf8')).toBe('main 3\n');
    expect(readdirSync(copy.folder).filter((name) => name.startsWith('tmp-'))).toEqual([]);
  });

  it('of a repository without commits is an empty repository that can be pushed from', async () => {
    const remote = parseAddress(await server.repository(`fetch-${++slugs}`));
    const folder = newFolder();
    const result = await clone(remote, caller(), { folder });
    expect(result).toMatchObject({ head: null, received: null, branches: 0 });
    expect(Repository.open(folder).head()).toEqual({ branch: 'main' });
  });

  it('goes into a folder that is empty, and into no other', async () => {
    const { remote } = await pushed({ main: 1 });
    const folder = newFolder();
    mkdirSync(folder);
    await clone(remote, caller(), { folder });
    expect(await refusal(clone(remote, caller(), { folder }))).toMatchObject({
      code: 'folder-in-use',
    });
  });

  it('of a private repository looks like none to others', async () => {
    const remote = parseAddress(await server.repository(`fetch-${++slugs}`, 'private'));
    const folder = newFolder();
    expect(await refusal(clone(remote, caller(null), { folder }))).toMatchObject({
      code: 'repo-not-found',
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves nothing behind when the answer is cut off at any place', async () => {
    const { remote } = await pushed({ main: 3 });
    for (const keep of [0, 10, 400, 1500]) {
      let sent = 0;
      server.tamper = ({ path: where }, bytes) => {
        if (!where.endsWith('/fetch/stream')) return bytes;
        const rest = keep - sent;
        sent += bytes.length;
        return rest <= 0 ? 'cut' : bytes.subarray(0, rest);
      };
      const folder = newFolder();
      const error = await refusal(clone(remote, caller(), { folder }));
      expect(['network', 'damaged-stream']).toContain(error.code);
      expect(existsSync(folder)).toBe(false);
    }
  });

  it('empties, but does not remove, a folder that was there before it failed', async () => {
    const { remote } = await pushed({ main: 1 });
    const folder = newFolder();
    mkdirSync(folder);
    server.tamper = ({ path: where }, bytes) => (where.endsWith('/fetch/stream') ? 'cut' : bytes);
    await refusal(clone(remote, caller(), { folder }));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('an answer that is not true', () => {
  const damages: [string, (frames: FetchFrame[]) => FetchFrame[], RegExp][] = [
    [
      'has another byte in an object',
      (frames) =>
        frames.map((frame) => {
          if (frame.type !== 'O') return frame;
          const data = Uint8Array.from(frame.data);
          data[data.length - 1]! ^= 1;
          return { ...frame, data };
        }),
      /object .* is damaged/,
    ],
    [
      'lacks an object',
      (frames) => recount(frames.filter((f, i) => f.type !== 'O' || i !== 1)),
      /an object is missing/,
    ],
    [
      'lacks a snapshot',
      (frames) =>
        frames.map((f) => (f.type === 'C' ? { ...f, snapshots: [], snapshotDeltas: [] } : f)),
      /snapshot .*is missing/,
    ],
    [
      'has a snapshot that is not the one of its id',
      (frames) =>
        frames.map((f) =>
          f.type === 'C'
            ? {
                ...f,
                snapshots: f.snapshots.map((s) => ({
                  ...s,
                  manifest: s.manifest.map(([p, id]) => [`${p}x`, id] as [string, string]),
                })),
              }
            : f,
        ),
      /snapshot has another id/,
    ],
    [
      'has children before their parents',
      (frames) =>
        frames.map((f) => (f.type === 'C' ? { ...f, commits: [...f.commits].reverse() } : f)),
      /parent of a commit is missing/,
    ],
    [
      'has a path out of the folder',
      (frames) =>
        frames.map((f) =>
          f.type === 'C'
            ? {
                ...f,
                snapshots: f.snapshots.map((s) => ({
                  ...s,
                  manifest: s.manifest.map(([p, id]) => [`../${p}`, id] as [string, string]),
                })),
              }
            : f,
        ),
      /a path has the segment "\.\."/,
    ],
    [
      'lacks a commit',
      (frames) =>
        recount(
          frames.map((f) => (f.type === 'C' ? { ...f, commits: f.commits.slice(0, -1) } : f)),
        ),
      /wanted commit is missing/,
    ],
    [
      'has other counts than it says',
      (frames) => frames.filter((f, i) => f.type !== 'O' || i !== 1),
      /counts|missing/,
    ],
  ];

  it.each(damages)('%s: nothing of it counts', async (_, change, reason) => {
    const { muse, remote } = await pushed({ main: 3 });
    const folder = newFolder();
    await clone(remote, caller(), { folder });
    const copy = Repository.open(folder);
    const before = { heads: copy.branches().heads, remote: copy.remoteHeads('origin').heads };
    muse.line('main', 3, muse.repository.branch('main'), 'later');
    await send(muse, remote, 'main');
    changeFrames(change);
    const error = await refusal(fetchRemote(copy, remote, caller(), { remoteName: 'origin' }));
    expect(error.code).toBe('damaged-stream');
    expect(error.message).toMatch(reason);
    expect(copy.branches().heads).toEqual(before.heads);
    expect(copy.remoteHeads('origin').heads).toEqual(before.remote);
    server.tamper = null;
    const mended = await fetchRemote(copy, remote, caller(), { remoteName: 'origin' });
    expect(mended.updated).toHaveLength(1);
    expect(copy.remoteHeads('origin').heads.get('main')).toBe(muse.repository.branch('main'));
  });

  function recount(frames: FetchFrame[]): FetchFrame[] {
    const objectCount = frames.filter((f) => f.type === 'O').length;
    const commitCount = frames.reduce((sum, f) => sum + (f.type === 'C' ? f.commits.length : 0), 0);
    return frames.map((f) =>
      f.type === 'H' || f.type === 'E' ? { ...f, objectCount, commitCount } : f,
    );
  }
});

describe('a fetch', () => {
  it('brings what is new, moves the remote’s heads only, and says what is gone', async () => {
    const { muse, remote } = await pushed({ main: 3, old: 1 });
    const folder = newFolder();
    await clone(remote, caller(), { folder });
    const copy = Repository.open(folder);
    const local = copy.branches().heads;
    expect(await fetchRemote(copy, remote, caller(), { remoteName: 'origin' })).toEqual({
      received: null,
      updated: [],
      gone: [],
    });
    const ids = muse.line('main', 2, muse.repository.branch('main'), 'later');
    await send(muse, remote, 'main');
    await push(muse.repository, remote, caller(), {
      localBranch: null,
      remoteBranch: 'old',
      force: false,
      remoteName: null,
    });
    const result = await fetchRemote(copy, remote, caller(), { remoteName: 'origin' });
    expect(result.received).toMatchObject({ commits: 2, objects: 2, snapshots: 2 });
    expect(result.updated).toEqual([
      { branch: 'main', oldHead: local.get('main'), newHead: ids[1] },
    ]);
    expect(result.gone).toEqual(['old']);
    expect(copy.branches().heads).toEqual(local);
  });

  it('passes on what the hub refuses in the middle of an answer', async () => {
    const { remote } = await pushed({ main: 1 });
    server.intercept = ({ path: where }, _, response) => {
      if (!where.endsWith('/fetch/stream')) return null;
      response.writeHead(200, { 'content-type': STREAM_MIME_TYPE });
      const head = {
        type: 'H',
        version: 2,
        objectCount: 1,
        commitCount: 1,
        idFormat: 'bare',
        branchHeads: {},
      } as const;
      const error = {
        type: 'X',
        code: 'storage-unavailable',
        message: 'Later.',
        retryable: true,
        detail: {},
      } as const;
      response.write(encodeFetchFrame(head, 'bare'));
      response.end(encodeFetchFrame(error, 'bare'));
      return true;
    };
    const error = await refusal(clone(remote, caller(), { folder: newFolder() }));
    expect(error).toMatchObject({ code: 'storage-unavailable', message: 'Later.' });
  });
});

describe('the other questions to a hub', () => {
  it('are answered', async () => {
    const hub = new URL(server.url);
    expect(await whoami(hub, caller())).toMatchObject({
      handle: 'ada',
      kind: 'human',
      scopes: ['admin'],
    });
    const made = await createRepository(hub, caller(), {
      slug: 'made-here',
      visibility: 'private',
    });
    expect(made).toMatchObject({ owner: 'ada', slug: 'made-here' });
    const again = createRepository(hub, caller(), { slug: 'made-here', visibility: 'private' });
    expect(await refusal(again)).toMatchObject({ code: 'already-exists' });
    expect(await refusal(whoami(hub, caller('muse_pat_wrong')))).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await refusal(getRefs(parseAddress(`${server.url}/ada/none`), caller()))).toMatchObject({
      code: 'repo-not-found',
    });
  });

  it('may be answered by something that is not a hub', async () => {
    server.intercept = (_, __, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      return true;
    };
    const error = await refusal(whoami(new URL(server.url), caller()));
    expect(error).toMatchObject({ code: 'bad-response' });
    const refs = await refusal(getRefs(parseAddress(`${server.url}/a/b`), caller()));
    expect(refs).toMatchObject({ code: 'bad-response' });
  });

  it('may be answered with names of branches that are no names', async () => {
    const { remote } = await pushed({ main: 1 });
    for (const which of [0, 1]) {
      let seen = -1;
      server.tamper = ({ path: where }, bytes) => {
        if (!where.endsWith('/refs')) return bytes;
        const text = bytes.toString('latin1');
        seen = -1;
        const changed = text.replaceAll('\u00a4main', (name) =>
          ++seen === which ? '\u00a4../x' : name,
        );
        return Buffer.from(changed, 'latin1');
      };
      const error = await refusal(getRefs(remote, caller()));
      expect(seen).toBe(1);
      expect(error).toMatchObject({ code: 'bad-response' });
      expect(error.message).toContain('../x');
    }
  });
});

it('writes nothing that a reader could take for whole when a process dies in between', async () => {
  const { remote } = await pushed({ main: 2 });
  const folder = newFolder();
  await clone(remote, caller(), { folder });
  const copy = Repository.open(folder);
  const dead = path.join(copy.folder, 'tmp-4194305-0123456789ab');
  mkdirSync(dead);
  writeFileSync(path.join(dead, '0'), 'half');
  await copy.setRemote({ name: 'other', url: 'http://localhost/a/b' });
  expect(existsSync(dead)).toBe(false);
});
