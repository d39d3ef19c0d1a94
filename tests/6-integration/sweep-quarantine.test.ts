import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewSegment } from '~/server/ports/push-store';
import { segmentKey } from '~/server/ports/segment-key';
import { PostgresSegmentRows } from '~/server/postgres/segment-rows';
import { sweepQuarantine } from '~/server/services/sweep-quarantine';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { SegmentObjectStorage } from '~/server/storage/segment-object-storage';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';

describe('sweep of the quarantine, over PostgreSQL and local files', () => {
  let db: TestDatabase;
  let root: string;
  let blobs: LocalBlobStore;
  let rows: PostgresSegmentRows;
  let storage: SegmentObjectStorage;

  beforeAll(async () => {
    db = await openTestDatabase();
    rows = new PostgresSegmentRows(db.prisma);
    root = await mkdtemp(join(tmpdir(), 'musehub-sweep-'));
    blobs = new LocalBlobStore({ root });
    storage = new SegmentObjectStorage({
      blobs,
      spoolFolder: join(root, 'spool'),
      uuid: randomUUID,
      limits: { batchObjects: 2, batchBytes: 10_000, putsInFlight: 10, bytesInFlight: 100_000 },
      onDamage: (damage) => expect.unreachable(damage.message),
      onTrouble: (what) => expect.unreachable(what),
    });
  });
  afterAll(async () => {
    await blobs?.close();
    await db?.drop();
    await rm(root, { recursive: true });
  });

  async function write(repoId: string, count: number): Promise<NewSegment[]> {
    const writer = storage.openWriter(repoId);
    for (let i = 0; i < count; i += 1) {
      const bytes = randomBytes(300);
      await writer.add({
        id: createHash('sha256').update(bytes).digest('hex'),
        size: 300,
        encoding: 'raw',
        polyglot: '',
        parts: [bytes],
        storedBytes: 300,
      });
    }
    return (await writer.finish()).segments;
  }
  const insertRows = (repoId: string, segments: NewSegment[]) =>
    db.prisma.segment.createMany({ data: segments.map((segment) => ({ repoId, ...segment })) });
  const stored = async () => {
    const keys = new Set<string>();
    for await (const { key } of blobs.list('segments/')) keys.add(key);
    return keys;
  };

  it('knows the segments of one repository and no other', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const segments = await write(one, 4);
    await insertRows(one, segments);
    const ids = segments.map(({ id }) => id);
    expect(await rows.existing(one, [...ids, randomUUID()])).toEqual(new Set(ids));
    expect(await rows.existing(two, ids)).toEqual(new Set());
    expect(await rows.existing(one, [])).toEqual(new Set());
  });

  it('frees what a failed push left once it is old, and interrupted puts with it', async () => {
    const repoId = randomUUID();
    const accepted = await write(repoId, 4);
    await insertRows(repoId, accepted);
    const failed = await write(repoId, 4);
    const fresh = await write(repoId, 2);
    const old = new Date(Date.now() - 48 * 3_600_000);
    for (const { id } of [...accepted, ...failed]) {
      await utimes(join(root, segmentKey(repoId, id)), old, old);
    }
    const report = await sweepQuarantine({
      blobs,
      rows,
      clock: { now: Date.now },
      pushMaxWallMs: 3_600_000,
    });
    expect(report).toMatchObject({ deleted: 2, deletedBytes: 1_200, leftovers: 0 });
    const left = await stored();
    for (const { id } of [...accepted, ...fresh]) {
      expect(left.has(segmentKey(repoId, id))).toBe(true);
    }
    for (const { id } of failed) expect(left.has(segmentKey(repoId, id))).toBe(false);
  });

  it('never races a push, though it runs all the time with a short grace', async () => {
    const repoId = randomUUID();
    const [pushMaxWallMs, marginMs] = [400, 500];
    const deps = { blobs, rows, pushMaxWallMs, marginMs, graceMs: 0 };
    let pushing = true;
    let [sweeps, deleted] = [0, 0];
    const sweeper = (async () => {
      while (pushing) {
        deleted += (await sweepQuarantine({ ...deps, clock: { now: Date.now } })).deleted;
        sweeps += 1;
      }
    })();
    const accepted: string[] = [];
    const failed: string[] = [];
    const until = Date.now() + 3_000;
    const pusher = async (n: number) => {
      for (let push = 0; Date.now() < until; push += 1) {
        const begun = Date.now();
        const segments = await write(repoId, 6);
        await sleep(Math.random() * 200);
        const keys = segments.map(({ id }) => segmentKey(repoId, id));
        const tooSlow = Date.now() - begun > pushMaxWallMs; // as a real push it is refused then
        if (tooSlow || (push + n) % 3 === 0) {
          failed.push(...keys);
          continue;
        }
        await insertRows(repoId, segments);
        // On a machine that stands still for so long the rule says nothing.
        if (Date.now() - begun < pushMaxWallMs + marginMs) accepted.push(...keys);
      }
    };
    await Promise.all([1, 2, 3, 4].map(pusher));
    pushing = false;
    await sweeper;
    const afterwards = { now: () => Date.now() + 3_600_000 };
    deleted += (await sweepQuarantine({ ...deps, clock: afterwards })).deleted;
    const left = await stored();
    expect(accepted.filter((key) => !left.has(key))).toEqual([]);
    expect(failed.filter((key) => left.has(key))).toEqual([]);
    expect(deleted).toBeGreaterThanOrEqual(failed.length);
    expect(accepted.length).toBeGreaterThan(20);
    expect(sweeps).toBeGreaterThan(3);
  });
});
