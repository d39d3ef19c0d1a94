import { createHash } from 'node:crypto';
import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type {
  NewCommit,
  NewObject,
  NewSegment,
  NewSnapshot,
  NewTree,
  RecordUpdate,
} from '../ports/push-store';
import { arrayText, joinBytes } from './bulk-values';
import type { Prisma } from './generated/client';
import { storableText, storableTime } from './storable';

/** The bulk rows of a push: one statement per batch, never one per row. */
type Transaction = Prisma.TransactionClient;

/** What one statement carries at most, whatever batches a plan gives. */
const ROWS_PER_STATEMENT = 5_000;
const BYTES_PER_STATEMENT = 8 * 1024 ** 2;

const ENCODINGS = { raw: 0, zlib: 1, zstd: 2 } as const;

/** Cuts a batch into what one statement carries. */
export function* slicesOf<T>(batch: T[], bytesOf: (row: T) => number): Generator<T[]> {
  let start = 0;
  let bytes = 0;
  for (let end = 0; end < batch.length; end++) {
    const size = bytesOf(batch[end]!);
    const full = end - start >= ROWS_PER_STATEMENT || bytes + size > BYTES_PER_STATEMENT;
    if (full && end > start) {
      yield batch.slice(start, end);
      start = end;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < batch.length) yield start === 0 ? batch : batch.slice(start);
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/**
 * Stores objects that the repository lacks. Adds to `segments` those that hold one of them: a
 * segment all of whose objects another push stored meanwhile gets no row, and is swept as garbage.
 */
export async function insertObjects(
  tx: Transaction,
  repoId: string,
  batches: Iterable<NewObject[]>,
  segments: Set<string>,
): Promise<{ inserted: number; present: number }> {
  let inserted = 0;
  let sent = 0;
  for (const batch of batches) {
    for (const objects of slicesOf(batch, () => 0)) {
      const first = objects.map(({ id, extents }) => {
        if (!extents[0]) throw new Error(`object ${id} has no extent`);
        return extents[0];
      });
      const further = objects.map(({ extents }) =>
        extents.length > 1
          ? JSON.stringify(extents.slice(1).map((e) => [e.segmentId, e.offset, e.length]))
          : '',
      );
      const [row] = await tx.$queryRaw<
        { inserted: number; segments: string[] | null; split: Id[] | null }[]
      >`/* kept */
        WITH fresh AS (
          INSERT INTO objects (repo_id, id, size, encoding, segment_id, segment_offset,
                               stored_length, extents, polyglot)
          SELECT ${repoId}::uuid, decode(n.id, 'hex'), n.size, n.encoding, n.segment_id::uuid,
                 n.start, n.length, nullif(n.further, '')::jsonb, n.polyglot
            FROM unnest(${arrayText(objects.map(({ id }) => id))}::text[],
                        ${arrayText(objects.map(({ size }) => size))}::bigint[],
                        ${arrayText(objects.map(({ encoding }) => ENCODINGS[encoding]))}::smallint[],
                        ${arrayText(first.map(({ segmentId }) => segmentId))}::text[],
                        ${arrayText(first.map(({ offset }) => offset))}::bigint[],
                        ${arrayText(first.map(({ length }) => length))}::bigint[],
                        ${arrayText(further)}::text[],
                        ${arrayText(objects.map(({ polyglot }) => polyglot))}::text[])
                 AS n(id, size, encoding, segment_id, start, length, further, polyglot)
          ON CONFLICT DO NOTHING
          RETURNING id, segment_id, extents
        )
        SELECT count(*)::int AS inserted,
               array_agg(DISTINCT segment_id::text) AS segments,
               array_agg(encode(id, 'hex')) FILTER (WHERE extents IS NOT NULL) AS split
          FROM fresh`;
      sent += objects.length;
      inserted += row!.inserted;
      for (const segment of row!.segments ?? []) segments.add(segment);
      const split = new Set(row!.split);
      for (const { id, extents } of split.size > 0 ? objects : []) {
        if (split.has(id)) for (const { segmentId } of extents) segments.add(segmentId);
      }
    }
  }
  return { inserted, present: sent - inserted };
}

export async function insertSegments(
  tx: Transaction,
  repoId: string,
  segments: NewSegment[],
): Promise<void> {
  for (const slice of slicesOf(segments, () => 0)) {
    await tx.$executeRaw`/* kept */
      INSERT INTO segments (repo_id, id, bytes, object_count)
      SELECT ${repoId}::uuid, n.id::uuid, n.bytes, n.objects
        FROM unnest(${slice.map(({ id }) => id)}::text[],
                    ${slice.map(({ bytes }) => bytes)}::bigint[],
                    ${slice.map(({ objectCount }) => objectCount)}::int[]) AS n(id, bytes, objects)`;
  }
}

export async function insertTrees(
  tx: Transaction,
  repoId: string,
  batches: AsyncIterable<NewTree[]>,
): Promise<void> {
  for await (const batch of batches) {
    for (const trees of slicesOf(batch, ({ bytes }) => bytes.length)) {
      const { bytes, starts, lengths } = joinBytes(trees.map((tree) => tree.bytes));
      await tx.$executeRaw`/* kept */
        INSERT INTO trees (repo_id, id, entries)
        SELECT ${repoId}::uuid, decode(n.id, 'hex'), substring(joined.bytes FROM n.start FOR n.length)
          FROM (SELECT ${bytes}::bytea AS bytes OFFSET 0) AS joined,
               unnest(${arrayText(trees.map(({ id }) => id))}::text[],
                      ${starts}::int[], ${lengths}::int[]) AS n(id, start, length)
        ON CONFLICT DO NOTHING`;
    }
  }
}

/** Returns how many the repository lacked. */
export async function insertSnapshots(
  tx: Transaction,
  repoId: string,
  batches: AsyncIterable<NewSnapshot[]>,
): Promise<number> {
  let inserted = 0;
  for await (const batch of batches) {
    for (const snapshots of slicesOf(batch, ({ extra }) => extra.length)) {
      const { bytes, starts, lengths } = joinBytes(snapshots.map(({ extra }) => extra));
      inserted += await tx.$executeRaw`/* kept */
        INSERT INTO snapshots (repo_id, id, root_tree_id, entry_count, extra, id_verified)
        SELECT ${repoId}::uuid, decode(n.id, 'hex'), decode(n.tree, 'hex'), n.entries,
               substring(joined.bytes FROM n.start FOR n.length), n.verified
          FROM (SELECT ${bytes}::bytea AS bytes OFFSET 0) AS joined,
               unnest(${arrayText(snapshots.map(({ id }) => id))}::text[],
                      ${arrayText(snapshots.map(({ rootTreeId }) => rootTreeId))}::text[],
                      ${arrayText(snapshots.map(({ entryCount }) => entryCount))}::int[],
                      ${starts}::int[], ${lengths}::int[],
                      ${arrayText(snapshots.map(({ idVerified }) => idVerified))}::boolean[])
               AS n(id, tree, entries, start, length, verified)
        ON CONFLICT DO NOTHING`;
    }
  }
  return inserted;
}

/**
 * Stores commits that the repository lacks. Returns how many these were, and how many of them no
 * registered key has signed. Throws `Refusal` `commit-record-conflict` when another push has stored
 * one with another record since this push was checked.
 */
export async function insertCommits(
  tx: Transaction,
  repoId: string,
  seq: number,
  batches: AsyncIterable<NewCommit[]>,
): Promise<{ inserted: number; unsigned: number }> {
  const total = { inserted: 0, unsigned: 0 };
  for await (const batch of batches) {
    for (const commits of slicesOf(batch, (c) => c.record.length + c.message.length)) {
      const texts = (read: (commit: NewCommit) => string) =>
        arrayText(commits.map((commit) => storableText(read(commit))));
      const { bytes, starts, lengths } = joinBytes(commits.map(({ record }) => record));
      const [row] = await tx.$queryRaw<{ inserted: number; unsigned: number }[]>`/* kept */
        WITH fresh AS (
          INSERT INTO commits (repo_id, id, snapshot_id, parents, generation, author, committed_at,
                               committed_time, order_ms, branch, message, type, scope, breaking, sem_ver_bump,
                               agent_id, model_id, signature_state, id_verified, record, push_seq)
          SELECT ${repoId}::uuid, decode(n.id, 'hex'), decode(n.snapshot, 'hex'),
                 ARRAY(SELECT decode(p.id, 'hex')
                         FROM unnest(string_to_array(n.parents, ',')) WITH ORDINALITY AS p(id, place)
                        ORDER BY p.place),
                 n.generation, n.author, n.committed_at, to_timestamp(n.at_ms / 1000.0),
                 n.order_ms, n.branch,
                 n.message, n.type, n.scope, n.breaking, n.bump, n.agent, n.model, n.signature,
                 n.verified, substring(joined.bytes FROM n.start FOR n.length), ${seq}::int
            FROM (SELECT ${bytes}::bytea AS bytes OFFSET 0) AS joined,
                 unnest(${arrayText(commits.map(({ id }) => id))}::text[],
                        ${arrayText(commits.map(({ snapshotId }) => snapshotId))}::text[],
                        ${arrayText(commits.map(({ parents }) => parents.join(',')))}::text[],
                        ${arrayText(commits.map(({ generation }) => generation))}::int[],
                        ${texts(({ author }) => author)}::text[],
                        ${texts(({ committedAt }) => committedAt)}::text[],
                        ${arrayText(commits.map((c) => storableTime(c.committedAtMs)))}::bigint[],
                        ${arrayText(commits.map(({ orderMs }) => orderMs))}::bigint[],
                        ${texts(({ branch }) => branch)}::text[],
                        ${texts(({ message }) => message)}::text[],
                        ${texts(({ type }) => type)}::text[],
                        ${texts(({ scope }) => scope)}::text[],
                        ${arrayText(commits.map(({ breaking }) => breaking))}::boolean[],
                        ${texts(({ semVerBump }) => semVerBump)}::text[],
                        ${texts(({ agentId }) => agentId)}::text[],
                        ${texts(({ modelId }) => modelId)}::text[],
                        ${arrayText(commits.map(({ signatureState }) => signatureState))}::text[],
                        ${arrayText(commits.map(({ idVerified }) => idVerified))}::boolean[],
                        ${starts}::int[], ${lengths}::int[])
                 AS n(id, snapshot, parents, generation, author, committed_at, at_ms, order_ms,
                      branch, message, type, scope, breaking, bump, agent, model, signature, verified,
                      start, length)
          ON CONFLICT DO NOTHING
          RETURNING signature_state
        )
        SELECT count(*)::int AS inserted,
               (count(*) FILTER (WHERE signature_state <> 'verified'))::int AS unsigned
          FROM fresh`;
      total.inserted += row!.inserted;
      total.unsigned += row!.unsigned;
      if (row!.inserted < commits.length) await expectSameRecords(tx, repoId, commits);
    }
  }
  return total;
}

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function expectSameRecords(tx: Transaction, repoId: string, commits: NewCommit[]) {
  const [other] = await tx.$queryRaw<{ id: Id }[]>`
    SELECT n.id
      FROM unnest(${arrayText(commits.map(({ id }) => id))}::text[],
                  ${commits.map(({ record }) => sha256Hex(record))}::text[]) AS n(id, sum)
      JOIN commits c ON c.repo_id = ${repoId}::uuid AND c.id = decode(n.id, 'hex')
     WHERE sha256(c.record) <> decode(n.sum, 'hex')
     LIMIT 1`;
  if (other) throw new Refusal('commit-record-conflict', { commit_id: other.id });
}

/**
 * Replaces records while they still are what the updates were derived from. Throws `Refusal`
 * `commit-record-conflict` when one is not; one that has the new record already is fine.
 */
export async function updateRecords(
  tx: Transaction,
  repoId: string,
  updates: RecordUpdate[],
): Promise<void> {
  for (const slice of slicesOf(updates, (u) => u.record.length)) {
    const moved = await tx.$queryRaw<{ id: Id }[]>`
      UPDATE commits c
         SET record = n.record
        FROM (SELECT decode(u.id, 'hex') AS id, decode(u.previous, 'hex') AS previous,
                     decode(u.record, 'base64') AS record
                FROM unnest(${slice.map(({ id }) => id)}::text[],
                            ${slice.map(({ previous }) => sha256Hex(previous))}::text[],
                            ${slice.map(({ record }) => base64(record))}::text[])
                     AS u(id, previous, record)) n
       WHERE c.repo_id = ${repoId}::uuid
         AND c.id = n.id
         AND (sha256(c.record) = n.previous OR c.record = n.record)
      RETURNING encode(c.id, 'hex') AS id`;
    if (moved.length === slice.length) continue;
    const done = new Set(moved.map(({ id }) => id));
    const lost = slice.find(({ id }) => !done.has(id));
    throw new Refusal('commit-record-conflict', { commit_id: lost?.id });
  }
}
