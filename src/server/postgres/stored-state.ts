import pg from 'pg';
import type { Id } from '~/muse/ids';
import type { ObjectLocation } from '../ports/push-store';
import type {
  StoredCommitRow,
  StoredKind,
  StoredMark,
  StoredPush,
  StoredRepository,
  StoredSnapshot,
  StoredState,
} from '../ports/stored-state';
import { isUuid } from './storable';

const ENCODINGS = ['raw', 'zlib', 'zstd'] as const;
/** Rows that one fetch brings; those with bytes of any length come fewer at a time. */
const ROWS = 1_000;
const HEAVY_ROWS = 100;

/**
 * Everything that is stored, out of one snapshot of the database: what is pushed meanwhile is not
 * seen, and nothing is locked. Rows come through cursors.
 */
export class PostgresStoredState implements StoredState {
  #cursors = 0;

  private constructor(private readonly client: pg.Client) {}

  /** Opens a connection of its own; `close` ends it. */
  static async open(databaseUrl: string): Promise<PostgresStoredState> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'musehub fsck',
    });
    await client.connect();
    try {
      // A walk takes as long as it takes, also between two fetches.
      await client.query('SET idle_in_transaction_session_timeout = 0');
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    } catch (error) {
      await client.end();
      throw error;
    }
    return new PostgresStoredState(client);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  repositories(): AsyncGenerator<StoredRepository> {
    return this.#rows(`
      SELECT r.id::text, u.handle || '/' || r.slug AS name, r.push_seq AS "pushSeq"
        FROM repositories r JOIN users u ON u.id = r.owner_id
       ORDER BY u.handle_key, r.slug, r.id`);
  }

  async *strays(): AsyncGenerator<{ table: string; repoId: string; rows: number }> {
    for (const table of ['segments', 'objects', 'trees', 'snapshots', 'commits', 'branches']) {
      yield* this.#rows<{ table: string; repoId: string; rows: number }>(`
        SELECT '${table}' AS table, s.repo_id::text AS "repoId", count(*)::int AS rows
          FROM ${table} s
         WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.id = s.repo_id)
         GROUP BY s.repo_id`);
    }
  }

  segments(repoId: string): AsyncGenerator<{ id: string; bytes: number }> {
    return this.#rows(`
      SELECT id::text, bytes::float8 AS bytes FROM segments
       WHERE repo_id = ${uuid(repoId)} ORDER BY id`);
  }

  async segmentBytes(repoId: string, ids: string[]): Promise<Map<string, number>> {
    const { rows } = await this.client.query<{ id: string; bytes: number }>(
      `SELECT id::text, bytes::float8 AS bytes FROM segments
        WHERE repo_id = $1 AND id = ANY($2::uuid[])`,
      [repoId, ids],
    );
    return new Map(rows.map(({ id, bytes }) => [id, bytes]));
  }

  async *objects(repoId: string): AsyncGenerator<ObjectLocation & { id: Id }> {
    const rows = this.#rows<{
      id: Id;
      size: number;
      encoding: number;
      segment: string;
      start: number;
      length: number;
      further: [segmentId: string, offset: number, length: number][] | null;
    }>(`
      SELECT encode(id, 'hex') AS id, size::float8 AS size, encoding,
             segment_id::text AS segment, segment_offset::float8 AS start,
             stored_length::float8 AS length, extents AS further
        FROM objects WHERE repo_id = ${uuid(repoId)}
       ORDER BY segment_id, segment_offset`);
    for await (const { id, size, encoding, segment, start, length, further } of rows) {
      const extents = [{ segmentId: segment, offset: start, length }];
      for (const [segmentId, offset, rest] of further ?? []) {
        extents.push({ segmentId, offset, length: rest });
      }
      const named = ENCODINGS[encoding];
      if (!named) throw new Error(`object ${id} has the unknown encoding ${encoding}`);
      yield { id, size, encoding: named, extents };
    }
  }

  trees(repoId: string): AsyncGenerator<{ id: Id; entries: Uint8Array }> {
    return this.#rows(
      `SELECT encode(id, 'hex') AS id, entries FROM trees WHERE repo_id = ${uuid(repoId)}`,
      HEAVY_ROWS,
    );
  }

  snapshots(repoId: string): AsyncGenerator<StoredSnapshot> {
    return this.#rows(`
      SELECT encode(id, 'hex') AS id, encode(root_tree_id, 'hex') AS "rootTreeId",
             entry_count AS "entryCount", extra, id_verified AS "idVerified"
        FROM snapshots WHERE repo_id = ${uuid(repoId)}`);
  }

  commits(repoId: string): AsyncGenerator<StoredCommitRow> {
    return this.#rows(
      `SELECT encode(id, 'hex') AS id, encode(snapshot_id, 'hex') AS "snapshotId",
              ARRAY(SELECT encode(p, 'hex') FROM unnest(parents) WITH ORDINALITY AS u(p, n)
                     ORDER BY n) AS parents,
              generation, author, committed_at AS "committedAt", message,
              signature_state AS "signatureState", id_verified AS "idVerified", record,
              push_seq AS "pushSeq"
         FROM commits WHERE repo_id = ${uuid(repoId)}`,
      HEAVY_ROWS,
    );
  }

  branches(repoId: string): AsyncGenerator<{ name: string; head: Id }> {
    return this.#rows(`
      SELECT name, encode(head, 'hex') AS head FROM branches
       WHERE repo_id = ${uuid(repoId)} ORDER BY name`);
  }

  marks(repoId: string): AsyncGenerator<StoredMark> {
    const id = uuid(repoId);
    return this.#rows(`
      SELECT 'tag' AS kind, name, encode(commit_id, 'hex') AS "commitId"
        FROM tags WHERE repo_id = ${id}
      UNION ALL
      SELECT 'release', tag, encode(commit_id, 'hex') FROM releases WHERE repo_id = ${id}`);
  }

  acceptedPushes(repoId: string): AsyncGenerator<StoredPush> {
    return this.#rows(`
      SELECT id::text, seq, kind, branch, encode(old_head, 'hex') AS "oldHead",
             encode(new_head, 'hex') AS "newHead"
        FROM pushes WHERE repo_id = ${uuid(repoId)} AND outcome = 'accepted'
       ORDER BY seq`);
  }

  async existing(kind: StoredKind, repoId: string, ids: Id[]): Promise<Set<Id>> {
    const { rows } = await this.client.query<{ id: Id }>(
      `SELECT asked.id FROM unnest($2::text[]) AS asked(id)
         JOIN ${kind} s ON s.repo_id = $1 AND s.id = decode(asked.id, 'hex')`,
      [repoId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    const { rows } = await this.client.query<{ id: Id; entries: Uint8Array }>(
      `SELECT asked.id, t.entries FROM unnest($2::text[]) AS asked(id)
         JOIN trees t ON t.repo_id = $1 AND t.id = decode(asked.id, 'hex')`,
      [repoId, ids],
    );
    return new Map(rows.map(({ id, entries }) => [id, entries]));
  }

  async generations(repoId: string, ids: Id[]): Promise<Map<Id, number>> {
    const { rows } = await this.client.query<{ id: Id; generation: number }>(
      `SELECT asked.id, c.generation FROM unnest($2::text[]) AS asked(id)
         JOIN commits c ON c.repo_id = $1 AND c.id = decode(asked.id, 'hex')`,
      [repoId, ids],
    );
    return new Map(rows.map(({ id, generation }) => [id, generation]));
  }

  /** The rows of a query, so many at a time; several may be walked at once. */
  async *#rows<Row extends object>(sql: string, rowsAtOnce = ROWS): AsyncGenerator<Row> {
    const cursor = `fsck_${++this.#cursors}`;
    await this.client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`);
    try {
      for (;;) {
        const { rows } = await this.client.query<Row>(`FETCH ${rowsAtOnce} FROM ${cursor}`);
        yield* rows;
        if (rows.length < rowsAtOnce) return;
      }
    } finally {
      await this.client.query(`CLOSE ${cursor}`);
    }
  }
}

/** A cursor takes no parameters everywhere; an id that is none never reaches the text of a query. */
function uuid(id: string): string {
  if (!isUuid(id)) throw new Error(`${id} is not a UUID`);
  return `'${id}'::uuid`;
}
