import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoredObjectDamaged } from '~/server/ports/object-storage';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { S3BlobStore } from '~/server/storage/s3-blob-store';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { FaultProxy } from '~tests/support/fault-proxy';
import { commitOf, type ScriptCommit } from '~tests/support/push-script';
import { type S3Server, startSwift, swiftMissing } from '~tests/support/s3-server';
import { StorageStage } from '~tests/support/storage-stage';

/** A commit with so many files of so many random bytes. */
const commitWith = (files: number, bytes: number, parents: ScriptCommit[] = []) =>
  commitOf({
    files: Object.fromEntries(
      Array.from({ length: files }, (_, n) => [`dir-${n % 7}/file-${n}`, randomBytes(bytes)]),
    ),
    parents,
  });

const missing = swiftMissing();
if (missing) console.warn(`skipped: pushes over S3 that fails: ${missing}`);

describe.skipIf(missing)('a push over S3 that fails', () => {
  let database: TestDatabase;
  let swift: S3Server;
  let proxy: FaultProxy;
  let blobs: S3BlobStore;
  let stage: StorageStage;
  let first: ScriptCommit;

  beforeAll(async () => {
    [database, swift] = await Promise.all([openTestDatabase(), startSwift()]);
    proxy = await FaultProxy.start(swift.endpoint);
    blobs = new S3BlobStore({
      ...swift,
      endpoint: proxy.endpoint,
      bucket: 'hub',
      createBucket: true,
      retries: { pauseMs: 5, pauseMaxMs: 50, budgetMs: 2_000, stallMs: 1_000 },
    });
    await blobs.check();
  });
  afterAll(async () => {
    await blobs?.close();
    await proxy?.stop();
    await swift?.stop();
    await database?.drop();
  });
  beforeEach(async () => {
    proxy.set({});
    stage = await StorageStage.open(database, blobs);
    first = commitWith(20, 500);
    await stage.push({ commits: [first] });
  });

  it('succeeds while 30 % of all requests fail, and everything is read back', async () => {
    proxy.set({ errors: 0.2, resets: 0.1, latencyMs: 5 });
    const second = commitWith(1_000, 2_000, [first]);
    const result = await stage.push({ commits: [second] });
    expect(result).toMatchObject({ kind: 'fast-forward', objectsNew: 1_000 });
    expect(await stage.head()).toBe(second.id);
    expect(await stage.readBack(first, second)).toBe(1_020);
    expect((proxy.done.errors ?? 0) + (proxy.done.resets ?? 0)).toBeGreaterThan(0);
    expect(stage.alarms).toEqual([]);
  });

  it.each([
    ['errors', { errors: 1 }],
    ['resets', { resets: 1 }],
    ['silence', { silences: 1 }],
  ])(
    'ends storage-unavailable in time under nothing but %s, and changes nothing',
    async (_, faults) => {
      const rows = await stage.world.countRows(stage.repoId);
      const second = commitWith(200, 2_000, [first]);
      proxy.set(faults);
      const begun = performance.now();
      await expect(stage.push({ commits: [second] })).rejects.toMatchObject({
        code: 'storage-unavailable',
      });
      expect(performance.now() - begun).toBeLessThan(3_000 + 5_000);
      expect(await stage.head()).toBe(first.id);
      expect(await stage.world.countRows(stage.repoId)).toEqual(rows);
      proxy.set({});
      expect(await stage.push({ commits: [second] })).toMatchObject({ kind: 'fast-forward' });
      expect(await stage.readBack(first, second)).toBe(220);
    },
  );

  it('never serves bytes that were changed or cut on their way back', async () => {
    proxy.set({ truncations: 0.3 });
    expect(await stage.readBack(first)).toBe(20);
    proxy.set({ flips: 1 });
    await expect(stage.readBack(first)).rejects.toBeInstanceOf(StoredObjectDamaged);
    expect(stage.alarms.length).toBeGreaterThan(0);
    proxy.set({});
    expect(await stage.readBack(first)).toBe(20);
  });
});

describe('a push onto a full disk', () => {
  let database: TestDatabase;
  let folder: string;
  let mounted = false;

  beforeAll(async () => {
    database = await openTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'musehub-full-'));
  });
  afterEach(() => {
    if (mounted) execFileSync('umount', [folder]);
    mounted = false;
  });
  afterAll(async () => {
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  it('ends storage-full, leaves old heads readable and works again once there is room', async (test) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'musehub-test', folder], {
        stdio: 'pipe',
      });
      mounted = true;
    } catch (error) {
      return test.skip(`no small file system can be mounted here: ${String(error).split('\n')[0]}`);
    }
    const blobs = new LocalBlobStore({ root: folder });
    const stage = await StorageStage.open(database, blobs);
    const first = commitWith(10, 100_000);
    await stage.push({ commits: [first] });
    const rows = await stage.world.countRows(stage.repoId);
    const tooMuch = commitWith(100, 100_000, [first]);
    for (const _ of ['once', 'and again']) {
      const push = stage.push({ commits: [tooMuch] });
      await expect(push).rejects.toMatchObject({ code: 'storage-full' });
    }
    expect(await stage.head()).toBe(first.id);
    expect(await stage.world.countRows(stage.repoId)).toEqual(rows);
    expect(await stage.readBack(first)).toBe(10);
    // What the failed pushes had put was given back: there is room for what fits.
    const fits = commitWith(50, 100_000, [first]);
    expect(await stage.push({ commits: [fits] })).toMatchObject({ kind: 'fast-forward' });
    expect(await stage.readBack(first, fits)).toBe(60);
    expect(stage.troubles).toEqual([]);
    await blobs.close();
  });
});
