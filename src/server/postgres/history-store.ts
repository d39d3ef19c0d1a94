import { ID_BYTES, type Id } from '~/muse/ids';
import type {
  ChunkMark,
  HistoryKey,
  HistoryStore,
  SavedDistance,
  SavedHistory,
} from '../ports/history-store';
import { asking } from './database-error';
import type { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';

/** What a reader that began before a save may still ask for. */
const REPLACED_KEPT = '10 minutes';
const MARK_BYTES = 4 + 4 + 8 + ID_BYTES;
/** The job that brings one history up to date; asked for often, it is done once. */
export const INDEX_HISTORY_JOB = 'index-history';

interface HistoryColumns {
  id: string;
  version: number;
  head: Id;
  exclude: Id | null;
  marks: Uint8Array;
  next_number: number;
  behind: number | null;
}

/** The order of branches' commits, in `histories` and `history_chunks`. */
export class PostgresHistoryStore implements HistoryStore {
  constructor(private readonly prisma: PrismaClient) {}

  find({ repoId, branch }: HistoryKey): Promise<SavedHistory | null> {
    return asking(async () => {
      const [row] = await this.prisma.$queryRaw<HistoryColumns[]>`
        SELECT id::text AS id, version, encode(head, 'hex') AS head,
               encode(exclude, 'hex') AS exclude, marks, next_number, behind
          FROM histories
         WHERE repo_id = ${repoId}::uuid AND branch = ${branch}::text`;
      if (!row) return null;
      const { id, version, head, exclude, marks, next_number, behind } = row;
      const scope = { head, exclude };
      return { id, version, scope, marks: unpackMarks(marks), nextNumber: next_number, behind };
    });
  }

  findDistances(repoId: string, branches: string[]): Promise<Map<string, SavedDistance>> {
    return asking(async () => {
      const rows = await this.prisma.$queryRaw<
        { branch: string; head: Id; exclude: Id; marks: Uint8Array; behind: number }[]
      >`
        SELECT branch, encode(head, 'hex') AS head, encode(exclude, 'hex') AS exclude, marks, behind
          FROM histories
         WHERE repo_id = ${repoId}::uuid AND branch = ANY(${branches}::text[])
           AND exclude IS NOT NULL AND behind IS NOT NULL`;
      return new Map(
        rows.map(({ branch, head, exclude, marks, behind }) => {
          const ahead = unpackMarks(marks).reduce((sum, { count }) => sum + count, 0);
          return [branch, { scope: { head, exclude }, ahead, behind }];
        }),
      );
    });
  }

  loadChunks(
    { repoId }: HistoryKey,
    id: string,
    numbers: number[],
  ): Promise<Map<number, Uint8Array>> {
    return asking(async () => {
      const rows = await this.prisma.$queryRaw<{ number: number; commits: Uint8Array }[]>`
        SELECT number, commits FROM history_chunks
         WHERE repo_id = ${repoId}::uuid AND history_id = ${id}::uuid
           AND number = ANY(${numbers}::int[])`;
      return new Map(rows.map(({ number, commits }) => [number, commits]));
    });
  }

  save(
    key: HistoryKey,
    previous: SavedHistory | null,
    next: Omit<SavedHistory, 'version'>,
    added: Map<number, Uint8Array>,
  ): Promise<boolean> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        if (!(await compareAndSet(tx, key, previous, next))) return false;
        await insertChunks(tx, key, next.id, added);
        if (previous) await replaceChunks(tx, key, previous, next);
        return true;
      }),
    );
  }

  findDefaultBranch(repoId: string): Promise<string | null> {
    return asking(async () => {
      const [row] = await this.prisma.$queryRaw<{ name: string | null }[]>`
        SELECT default_branch AS name FROM repositories
         WHERE id = ${repoId}::uuid AND deleted_at IS NULL`;
      return row?.name ?? null;
    });
  }

  async request({ repoId, branch }: HistoryKey): Promise<void> {
    const payload = JSON.stringify({ repoId, branch });
    await asking(
      () => this.prisma.$queryRaw`
        SELECT id::text FROM graphile_worker.add_job(
          ${INDEX_HISTORY_JOB}, ${payload}::json,
          job_key => ${`${INDEX_HISTORY_JOB}:${repoId}:${branch}`})`,
    );
  }

  listMissing(limit: number): Promise<HistoryKey[]> {
    return asking(
      () => this.prisma.$queryRaw<HistoryKey[]>`
        SELECT b.repo_id::text AS "repoId", b.name AS branch
          FROM branches b
          JOIN repositories r ON r.id = b.repo_id AND r.deleted_at IS NULL
         WHERE NOT EXISTS (SELECT FROM histories h
                            WHERE h.repo_id = b.repo_id AND h.branch = b.name
                              AND (h.exclude IS NULL OR h.behind IS NOT NULL))
         ORDER BY b.repo_id, b.name
         LIMIT ${limit}::int`,
    );
  }

  removeGone(): Promise<number> {
    return asking(async () => {
      const [row] = await this.prisma.$queryRaw<{ removed: number }[]>`
        WITH gone AS (
          DELETE FROM histories h
           WHERE h.updated_at < now() - ${REPLACED_KEPT}::interval
             AND NOT EXISTS (SELECT FROM branches b
                              WHERE b.repo_id = h.repo_id AND b.name = h.branch)
          RETURNING repo_id, id
        ), chunks AS (
          DELETE FROM history_chunks c USING gone
           WHERE c.repo_id = gone.repo_id AND c.history_id = gone.id
        )
        SELECT count(*)::int AS removed FROM gone`;
      return row!.removed;
    });
  }
}

type Transaction = Prisma.TransactionClient;

async function compareAndSet(
  tx: Transaction,
  { repoId, branch }: HistoryKey,
  previous: SavedHistory | null,
  { id, scope, marks, nextNumber, behind }: Omit<SavedHistory, 'version'>,
): Promise<boolean> {
  const packed = packMarks(marks).toString('base64');
  const saved =
    previous === null
      ? await tx.$executeRaw`
          INSERT INTO histories (repo_id, branch, id, version, head, exclude, marks, next_number,
                                 behind)
          VALUES (${repoId}::uuid, ${branch}, ${id}::uuid, 1, decode(${scope.head}, 'hex'),
                  decode(${scope.exclude}, 'hex'), decode(${packed}, 'base64'), ${nextNumber}::int,
                  ${behind}::int)
          ON CONFLICT DO NOTHING`
      : await tx.$executeRaw`
          UPDATE histories
             SET version = version + 1, head = decode(${scope.head}, 'hex'),
                 exclude = decode(${scope.exclude}, 'hex'), marks = decode(${packed}, 'base64'),
                 next_number = ${nextNumber}::int, behind = ${behind}::int, updated_at = now()
           WHERE repo_id = ${repoId}::uuid AND branch = ${branch}
             AND id = ${id}::uuid AND version = ${previous.version}::int`;
  return saved === 1;
}

const CHUNKS_PER_STATEMENT = 200;

async function insertChunks(
  tx: Transaction,
  { repoId }: HistoryKey,
  id: string,
  added: Map<number, Uint8Array>,
): Promise<void> {
  const chunks = [...added];
  for (let from = 0; from < chunks.length; from += CHUNKS_PER_STATEMENT) {
    const slice = chunks.slice(from, from + CHUNKS_PER_STATEMENT);
    await tx.$executeRaw`
      INSERT INTO history_chunks (repo_id, history_id, number, commits)
      SELECT ${repoId}::uuid, ${id}::uuid, n.number, decode(n.commits, 'base64')
        FROM unnest(${slice.map(([number]) => number)}::int[],
                    ${slice.map(([, bytes]) => Buffer.from(bytes).toString('base64'))}::text[])
             AS n(number, commits)`;
  }
}

async function replaceChunks(
  tx: Transaction,
  { repoId }: HistoryKey,
  previous: SavedHistory,
  next: Omit<SavedHistory, 'version'>,
): Promise<void> {
  const kept = new Set(next.marks.map(({ number }) => number));
  const replaced = previous.marks.map(({ number }) => number).filter((n) => !kept.has(n));
  await tx.$executeRaw`
    DELETE FROM history_chunks
     WHERE repo_id = ${repoId}::uuid AND history_id = ${next.id}::uuid
       AND replaced_at < now() - ${REPLACED_KEPT}::interval`;
  await tx.$executeRaw`
    UPDATE history_chunks SET replaced_at = now()
     WHERE repo_id = ${repoId}::uuid AND history_id = ${next.id}::uuid
       AND number = ANY(${replaced}::int[])`;
}

function packMarks(marks: ChunkMark[]): Buffer {
  const bytes = Buffer.alloc(marks.length * MARK_BYTES);
  for (const [index, { number, count, first }] of marks.entries()) {
    let at = bytes.writeInt32BE(number, index * MARK_BYTES);
    at = bytes.writeInt32BE(count, at);
    at = bytes.writeBigInt64BE(BigInt(first.orderMs), at);
    bytes.write(first.id, at, 'hex');
  }
  return bytes;
}

function unpackMarks(packed: Uint8Array): ChunkMark[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  return Array.from({ length: bytes.length / MARK_BYTES }, (_, index) => {
    const at = index * MARK_BYTES;
    return {
      number: bytes.readInt32BE(at),
      count: bytes.readInt32BE(at + 4),
      first: {
        orderMs: Number(bytes.readBigInt64BE(at + 8)),
        id: bytes.toString('hex', at + 16, at + MARK_BYTES),
      },
    };
  });
}
