import { ID_BYTES, type Id } from '~/muse/ids';
import type { SignatureState } from '~/muse/signature';
import type { CommitFilter, CommitRow, GraphRow } from '../ports/browse-store';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

/**
 * One value packs all rows of a chunk, 112 bytes each:
 *
 *     id (32) · generation (int4) · order in ms (int8) · parents (int4)
 *     · first parent or zeros (32) · second parent or zeros (32)
 *
 * A walk reads a hundred thousand rows; made into JavaScript objects by the client library they
 * would take twenty times as long.
 */
const ROW_BYTES = ID_BYTES + 4 + 8 + 4 + ID_BYTES + ID_BYTES;
const NO_PARENT = '0'.repeat(ID_BYTES * 2);

export async function scanGraph(
  prisma: PrismaClient,
  repoId: string,
  before: { generation: number; id: Id },
  limit: number,
): Promise<GraphRow[]> {
  const [packed] = await prisma.$queryRaw<{ rows: Uint8Array | null }[]>`
    SELECT string_agg(
             id || int4send(generation) || int8send(order_ms) || int4send(cardinality(parents))
                || coalesce(parents[1], decode(${NO_PARENT}, 'hex'))
                || coalesce(parents[2], decode(${NO_PARENT}, 'hex')),
             ''::bytea ORDER BY generation DESC, id DESC) AS rows
      FROM (SELECT id, generation, order_ms, parents
              FROM commits
             WHERE repo_id = ${repoId}::uuid
               AND generation <= ${before.generation}::int
               AND (generation, id) < (${before.generation}::int, decode(${before.id}, 'hex'))
             ORDER BY generation DESC, id DESC
             LIMIT ${limit}::int) AS chunk`;
  return packed?.rows ? unpackRows(packed.rows) : [];
}

function unpackRows(bytes: Uint8Array): GraphRow[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const idAt = (at: number) => buffer.toString('hex', at, at + ID_BYTES);
  const rows: GraphRow[] = [];
  for (let at = 0; at < buffer.length; at += ROW_BYTES) {
    const generationAt = at + ID_BYTES;
    const parentsAt = generationAt + 4 + 8 + 4;
    const parentCount = buffer.readInt32BE(parentsAt - 4);
    // docs/protocol.md §3: a commit has at most two parents.
    if (parentCount > 2) throw new Error(`commit ${idAt(at)} has ${parentCount} parents`);
    const parents: Id[] = [];
    for (let n = 0; n < parentCount; n++) parents.push(idAt(parentsAt + n * ID_BYTES));
    rows.push({
      id: idAt(at),
      parents,
      generation: buffer.readInt32BE(generationAt),
      orderMs: Number(buffer.readBigInt64BE(generationAt + 4)),
    });
  }
  return rows;
}

export async function findGenerations(
  prisma: PrismaClient,
  repoId: string,
  ids: Id[],
): Promise<Map<Id, number>> {
  const rows = await prisma.$queryRaw<{ id: Id; generation: number }[]>`
    SELECT asked.id, c.generation
      FROM unnest(${ids}::text[]) AS asked(id)
      CROSS JOIN LATERAL (
             SELECT * FROM commits
              WHERE repo_id = ${repoId}::uuid AND id = decode(asked.id, 'hex')
             OFFSET 0) c`;
  return new Map(rows.map(({ id, generation }) => [id, generation]));
}

export async function findOrders(
  prisma: PrismaClient,
  repoId: string,
  ids: Id[],
): Promise<Map<Id, number>> {
  const rows = await prisma.$queryRaw<{ id: Id; order: number }[]>`
    SELECT asked.id, c.order_ms::float8 AS order
      FROM unnest(${ids}::text[]) AS asked(id)
      CROSS JOIN LATERAL (
             SELECT * FROM commits
              WHERE repo_id = ${repoId}::uuid AND id = decode(asked.id, 'hex')
             OFFSET 0) c`;
  return new Map(rows.map(({ id, order }) => [id, order]));
}

interface CommitColumns {
  id: Id;
  snapshot: Id;
  parents: Id[] | null;
  generation: number;
  author: string;
  committed_at: string;
  committed_time: Date | null;
  order_ms: number;
  branch: string;
  message: string;
  type: string;
  scope: string;
  breaking: boolean;
  sem_ver_bump: string;
  agent_id: string;
  model_id: string;
  signature_state: SignatureState;
  id_verified: boolean;
  push_seq: number;
}

export async function loadCommits(
  prisma: PrismaClient,
  repoId: string,
  ids: Id[],
): Promise<Map<Id, CommitRow>> {
  const rows = await prisma.$queryRaw<CommitColumns[]>`
    SELECT asked.id, encode(c.snapshot_id, 'hex') AS snapshot,
           (SELECT array_agg(encode(parent, 'hex') ORDER BY place)
              FROM unnest(c.parents) WITH ORDINALITY AS p(parent, place)) AS parents,
           c.generation, c.author, c.committed_at, c.committed_time,
           c.order_ms::float8 AS order_ms, c.branch, c.message, c.type,
           c.scope, c.breaking, c.sem_ver_bump, c.agent_id, c.model_id, c.signature_state,
           c.id_verified, c.push_seq
      FROM unnest(${ids}::text[]) AS asked(id)
      CROSS JOIN LATERAL (
             SELECT * FROM commits
              WHERE repo_id = ${repoId}::uuid AND id = decode(asked.id, 'hex')
             OFFSET 0) c`;
  return new Map(rows.map((row) => [row.id, commitOf(row)]));
}

const commitOf = (row: CommitColumns): CommitRow => ({
  id: row.id,
  snapshotId: row.snapshot,
  parents: row.parents ?? [],
  generation: row.generation,
  orderMs: row.order_ms,
  timeMs: row.committed_time?.getTime() ?? null,
  author: row.author,
  committedAt: row.committed_at,
  branch: row.branch,
  message: row.message,
  type: row.type,
  scope: row.scope,
  breaking: row.breaking,
  semVerBump: row.sem_ver_bump,
  agentId: row.agent_id,
  modelId: row.model_id,
  signatureState: row.signature_state,
  idVerified: row.id_verified,
  pushSeq: row.push_seq,
});

export async function filterCommits(
  prisma: PrismaClient,
  repoId: string,
  ids: Id[],
  filter: CommitFilter,
): Promise<Set<Id>> {
  const { author, type, agent, text } = storableFilter(filter);
  const rows = await prisma.$queryRaw<{ id: Id }[]>`
    SELECT asked.id
      FROM unnest(${ids}::text[]) AS asked(id)
      CROSS JOIN LATERAL (
             SELECT * FROM commits
              WHERE repo_id = ${repoId}::uuid AND id = decode(asked.id, 'hex')
             OFFSET 0) c
     WHERE (${author}::text IS NULL OR lower(c.author) = lower(${author}::text))
       AND (${type}::text IS NULL OR c.type = ${type}::text)
       AND (${agent}::text IS NULL OR c.agent_id = ${agent}::text)
       AND (${text}::text IS NULL OR strpos(lower(c.message), lower(${text}::text)) > 0)`;
  return new Set(rows.map(({ id }) => id));
}

const storableFilter = (filter: CommitFilter): CommitFilter => ({
  author: filter.author === null ? null : storableText(filter.author),
  type: filter.type === null ? null : storableText(filter.type),
  agent: filter.agent === null ? null : storableText(filter.agent),
  text: filter.text === null ? null : storableText(filter.text),
});
