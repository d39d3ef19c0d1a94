import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { segmentKey } from '~/server/ports/segment-key';
import type { SegmentRows } from '~/server/ports/segment-rows';
import { type SweepDeps, sweepQuarantine } from '~/server/services/sweep-quarantine';
import { Refusal } from '~/wire/errors';
import { MemoryBlobStore } from '~tests/support/memory-blob-store';

const HOUR_MS = 3_600_000;
const [repoA, repoB] = [randomUUID(), randomUUID()];

class MemoryRows implements SegmentRows {
  readonly rows = new Set<string>();
  readonly asked: number[] = [];

  async existing(repoId: string, segmentIds: string[]): Promise<Set<string>> {
    this.asked.push(segmentIds.length);
    return new Set(segmentIds.filter((id) => this.rows.has(`${repoId}/${id}`)));
  }
}

describe('sweep of the quarantine', () => {
  let blobs: MemoryBlobStore;
  let rows: MemoryRows;
  let now: number;

  beforeEach(() => {
    now = Date.parse('2026-04-16T12:00:00Z');
    blobs = new MemoryBlobStore();
    blobs.now = () => now;
    rows = new MemoryRows();
  });

  const sweep = (more: Partial<SweepDeps> = {}) =>
    sweepQuarantine({
      blobs,
      rows,
      clock: { now: () => now },
      pushMaxWallMs: 6 * HOUR_MS,
      ...more,
    });
  /** A segment put so many hours ago. */
  async function put(hoursAgo: number, { repoId = repoA, row = false } = {}): Promise<string> {
    const id = randomUUID();
    const later = now;
    now -= hoursAgo * HOUR_MS;
    await blobs.put(segmentKey(repoId, id), [Buffer.from('segment')]);
    now = later;
    if (row) rows.rows.add(`${repoId}/${id}`);
    return segmentKey(repoId, id);
  }

  it('deletes old segments without a row and keeps all others', async () => {
    const garbage = [await put(25), await put(500), await put(30, { repoId: repoB })];
    const kept = [
      await put(25, { row: true }),
      await put(23),
      await put(0),
      await put(0, { row: true }),
    ];
    expect(await sweep()).toEqual({ segments: 7, deleted: 3, deletedBytes: 21, leftovers: 0 });
    expect([...blobs.blobs.keys()].sort()).toEqual(kept.sort());
    expect(garbage.some((key) => blobs.blobs.has(key))).toBe(false);
    expect(await sweep()).toMatchObject({ deleted: 0 });
  });

  it('asks for the row in the repository whose folder the segment lies in', async () => {
    const key = await put(30, { repoId: repoB });
    rows.rows.add(`${repoA}/${key.split('/')[2]}`);
    expect(await sweep()).toMatchObject({ deleted: 1 });
  });

  it('never takes a segment younger than the longest push and its margin, whatever it is told', async () => {
    const key = await put(7.9);
    expect(await sweep({ graceMs: 0 })).toMatchObject({ deleted: 0 });
    expect(await sweep({ graceMs: 0, pushMaxWallMs: 12 * HOUR_MS })).toMatchObject({ deleted: 0 });
    now += 0.2 * HOUR_MS;
    expect(await sweep({ graceMs: 0, pushMaxWallMs: 12 * HOUR_MS })).toMatchObject({ deleted: 0 });
    expect(await sweep({ graceMs: 0 })).toMatchObject({ deleted: 1 });
    expect(blobs.blobs.has(key)).toBe(false);
  });

  it('asks the rows after it has seen the blob, so a push that lands in between is safe', async () => {
    const key = await put(30);
    const [, repoId, id] = key.split('/');
    blobs.before = (operation) => {
      if (operation === 'list') queueMicrotask(() => rows.rows.add(`${repoId}/${id}`));
    };
    expect(await sweep()).toMatchObject({ segments: 1, deleted: 0 });
  });

  it('looks at nothing but segments', async () => {
    const strange = ['segments/readme', `segments/${repoA}/x`, `other/${repoA}/${randomUUID()}`];
    const later = now;
    now -= 1_000 * HOUR_MS;
    for (const key of strange) await blobs.put(key, [Buffer.from('x')]);
    now = later;
    expect(await sweep()).toMatchObject({ segments: 0, deleted: 0 });
    expect(blobs.blobs.size).toBe(3);
  });

  it('asks the rows in batches, however many blobs there are', async () => {
    for (let i = 0; i < 2_500; i += 1) await put(30, { row: i % 2 === 0 });
    expect(await sweep()).toMatchObject({ segments: 2_500, deleted: 1_250 });
    expect(rows.asked).toEqual([1_000, 1_000, 500]);
  });

  it('deletes nothing when the rows cannot be asked', async () => {
    await put(30);
    rows.existing = async () => {
      throw new Refusal('database-unavailable');
    };
    await expect(sweep()).rejects.toMatchObject({ code: 'database-unavailable' });
    expect(blobs.blobs.size).toBe(1);
  });

  it('stops when it is told to', async () => {
    await put(30);
    await expect(sweep({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(blobs.blobs.size).toBe(1);
  });
});
