import type { Id } from '~/muse/ids';
import type { FetchStore } from '../ports/fetch-store';
import type { ObjectLocation } from '../ports/push-store';
import { readBranchHeads } from './apply-push';
import type { GraphCommit } from './commit-frontier';
import { nearestCommon, type WalkedCommit, walkMissing } from './commit-walk';
import { asking, refusalOf } from './database-error';
import type { PrismaClient } from './prisma-client';
import { findCommits, loadRecords, loadSnapshots, loadTrees, locateObjects } from './stored-rows';

const COMMITS_PER_BATCH = 1_000;
const ID_HEX = 64;

/** The fetch's port over PostgreSQL. Every method throws `Refusal` `database-unavailable` when it does not answer. */
export class PostgresFetchStore implements FetchStore {
  constructor(private readonly prisma: PrismaClient) {}

  branchHeads(repoId: string): Promise<Record<string, Id>> {
    return asking(() => readBranchHeads(this.prisma, repoId));
  }

  /** `updated_at` grows with every push that changes a branch; see `advanceRepository`. */
  async refsVersion(repoId: string): Promise<string> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ version: string }[]>`/* kept */
        SELECT concat_ws('/', (1000 * extract(epoch FROM updated_at))::bigint, domain,
                         coalesce(id_format, ''), coalesce(default_branch, '')) AS version
          FROM repositories WHERE id = ${repoId}::uuid`,
    );
    return row?.version ?? '';
  }

  async findCommits(repoId: string, ids: Id[]): Promise<Set<Id>> {
    const found = await asking(() => findCommits(this.prisma, repoId, ids));
    return new Set(found.keys());
  }

  async *walkCommits(
    repoId: string,
    want: Id[],
    have: Id[],
    depth: number | null,
  ): AsyncGenerator<WalkedCommit[]> {
    const walk = walkMissing(this.#graph(repoId), want, have, depth, COMMITS_PER_BATCH);
    try {
      yield* walk;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  commonBase(repoId: string, want: Id[], have: Id[], limit: number): Promise<Id[]> {
    return asking(() => nearestCommon(this.#graph(repoId), want, have, limit));
  }

  loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return asking(() => loadRecords(this.prisma, repoId, ids));
  }

  loadSnapshots(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, { rootTreeId: Id; entryCount: number; extra: Uint8Array }>> {
    return asking(() => loadSnapshots(this.prisma, repoId, ids));
  }

  loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return asking(() => loadTrees(this.prisma, repoId, ids));
  }

  locateObjects(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, ObjectLocation & { polyglot: string }>> {
    return asking(() => locateObjects(this.prisma, repoId, ids));
  }

  /** Two queries instead of one sorted: each ends at its limit, however many hold the object. */
  repositoriesHolding(
    objectId: Id,
    limit: number,
    readerId?: string | null,
  ): Promise<{ repoId: string; owner: string; slug: string }[]> {
    return asking(async () => {
      const open = await this.#holders(objectId, limit, 'public', undefined);
      if (open.length >= limit || readerId === null) return open;
      const closed = await this.#holders(objectId, limit - open.length, 'private', readerId);
      return [...open, ...closed];
    });
  }

  #holders(
    objectId: Id,
    limit: number,
    visibility: 'public' | 'private',
    readerId: string | undefined,
  ): Promise<{ repoId: string; owner: string; slug: string }[]> {
    return this.prisma.$queryRaw`
      SELECT r.id::text AS "repoId", u.handle AS owner, r.slug
        FROM objects o
        JOIN repositories r ON r.id = o.repo_id AND r.deleted_at IS NULL
        JOIN users u ON u.id = r.owner_id
       WHERE o.id = decode(${objectId}, 'hex')
         AND r.visibility = ${visibility}::visibility
         AND (${readerId === undefined}::boolean
              OR r.owner_id = ${readerId ?? null}::uuid
              OR EXISTS (SELECT 1 FROM collaborators c
                          WHERE c.repo_id = r.id AND c.user_id = ${readerId ?? null}::uuid))
       LIMIT ${limit}::int`;
  }

  /** LIMIT 1 keeps the planner from joining with the whole table in each step. */
  #graph(repoId: string) {
    return async (ids: Id[], generationFloor: number): Promise<GraphCommit[]> => {
      const rows = await this.prisma.$queryRaw<
        { id: Id; generation: number; snapshot: Id; parents: string }[]
      >`/* kept */
        WITH RECURSIVE walk(id, generation, snapshot_id, parents) AS (
          SELECT c.id, c.generation, c.snapshot_id, c.parents
            FROM unnest(${ids}::text[]) AS asked(id)
            CROSS JOIN LATERAL (
                   SELECT * FROM commits
                    WHERE repo_id = ${repoId}::uuid AND id = decode(asked.id, 'hex')
                   OFFSET 0) c
          UNION
          SELECT c.id, c.generation, c.snapshot_id, c.parents
            FROM walk w
           CROSS JOIN unnest(w.parents) AS p(id)
           CROSS JOIN LATERAL (
             SELECT id, generation, snapshot_id, parents FROM commits
              WHERE repo_id = ${repoId}::uuid AND id = p.id
                AND generation >= ${generationFloor}::bigint
              LIMIT 1) c
        )
        SELECT encode(id, 'hex') AS id, generation, encode(snapshot_id, 'hex') AS snapshot,
               replace(array_to_string(parents, ''), '\\x', '') AS parents
          FROM walk`;
      return rows.map(({ id, generation, snapshot, parents }) => ({
        id,
        generation,
        snapshotId: snapshot,
        parents: splitIds(parents),
      }));
    };
  }
}

function splitIds(hex: string): Id[] {
  if (hex.length % ID_HEX !== 0) throw new Error('ids in a form that is not 64 hex digits each');
  return Array.from({ length: hex.length / ID_HEX }, (_, n) =>
    hex.slice(n * ID_HEX, (n + 1) * ID_HEX),
  );
}
