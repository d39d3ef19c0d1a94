import { Refusal } from '~/wire/errors';
import type { RepositoryRow } from '../ports/browse-store';
import {
  type CommitSearch,
  type FoundCommit,
  SEARCH_MAX_RANKED,
  type SearchPage,
  type SearchReader,
  type SearchStore,
} from '../ports/search-store';
import { type RepositoryColumns, repositoryOf } from './browse-repositories';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

const SEARCH_MAX_MS = 3_000;
/** Shorter words would match half of everything by their beginning. */
const PREFIX_MIN_CHARACTERS = 2;

/** Finds over `commit_words`, which a job fills, and over the repositories' own rows. */
export class PostgresSearchStore implements SearchStore {
  constructor(private readonly prisma: PrismaClient) {}

  findRepositories(
    reader: SearchReader,
    words: string[],
    { offset, limit }: SearchPage,
  ): Promise<RepositoryRow[]> {
    const asked = words.map((word) => storableText(word).toLowerCase());
    const first = asked[0] ?? '';
    return this.#bounded(async (tx) => {
      const rows = await tx.$queryRaw<RepositoryColumns[]>`
        SELECT r.id::text AS id, r.owner_id::text AS owner_id, u.handle AS owner, r.slug,
               r.description, r.visibility::text AS visibility, r.domain, r.default_branch,
               r.updated_at, c.permission::text AS collaboration
          FROM repositories r
          JOIN users u ON u.id = r.owner_id
          LEFT JOIN collaborators c ON c.repo_id = r.id AND c.user_id = ${reader.readerId}::uuid
         WHERE ${visibleTo(reader, Prisma.sql`c.permission IS NOT NULL`)}
           AND NOT EXISTS (
                 SELECT FROM unnest(${asked}::text[]) AS asked(word)
                  WHERE strpos(lower(u.handle || '/' || r.slug || ' ' || r.description), word) = 0)
         ORDER BY (lower(r.slug) = ${first} OR lower(u.handle || '/' || r.slug) = ${first}) DESC,
                  starts_with(lower(r.slug), ${first}) DESC,
                  (strpos(lower(r.slug), ${first}) > 0) DESC,
                  r.updated_at DESC, r.id DESC
         LIMIT ${limit}::int OFFSET ${offset}::int`;
      return rows.map(repositoryOf);
    });
  }

  findCommits(
    reader: SearchReader,
    search: CommitSearch,
    { offset, limit }: SearchPage,
  ): Promise<FoundCommit[]> {
    const collaborates = Prisma.sql`EXISTS (
      SELECT FROM collaborators c WHERE c.repo_id = r.id AND c.user_id = ${reader.readerId}::uuid)`;
    const { where, rank } = matching(search);
    return this.#bounded(
      (tx) => tx.$queryRaw<FoundCommit[]>`
        WITH newest AS MATERIALIZED (
          SELECT w.repo_id, w.id, w.order_ms, w.words, u.handle, r.slug, r.visibility
            FROM commit_words w
            JOIN repositories r ON r.id = w.repo_id AND ${visibleTo(reader, collaborates)}
            JOIN users u ON u.id = r.owner_id
           WHERE ${where}
             AND (${search.repoId}::uuid IS NULL OR w.repo_id = ${search.repoId}::uuid)
           ORDER BY w.order_ms DESC, w.id
           LIMIT ${SEARCH_MAX_RANKED}::int)
        SELECT repo_id::text AS "repoId", handle AS owner, slug, visibility::text AS visibility,
               encode(id, 'hex') AS id
          FROM newest
         ORDER BY ${rank} DESC, order_ms DESC, id
         LIMIT ${limit}::int OFFSET ${offset}::int`,
    );
  }

  async addCommits(repoId: string, seq: number): Promise<void> {
    await asking(
      () => this.prisma.$executeRaw`
        INSERT INTO commit_words (repo_id, id, order_ms, words)
        SELECT repo_id, id, order_ms, commit_words_of(repo_id, message, author, agent_id, type)
          FROM commits
         WHERE repo_id = ${repoId}::uuid AND push_seq = ${seq}::int
        ON CONFLICT DO NOTHING`,
    );
  }

  /** A search ends after a while, whatever was asked. */
  #bounded<T>(find: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return asking(async () => {
      try {
        return await this.prisma.$transaction(async (tx) => {
          await tx.$queryRaw`SELECT set_config('statement_timeout', ${String(SEARCH_MAX_MS)}, true)`;
          return await find(tx);
        });
      } catch (error) {
        if (!wasCanceled(error)) throw error;
        const sentence = 'This search took too long. Add a word, or name a repository with repo:.';
        throw new Refusal('limit-exceeded', { limit: 'search' }, sentence, { cause: error });
      }
    });
  }
}

function visibleTo(reader: SearchReader, collaborates: Prisma.Sql): Prisma.Sql {
  const { readerId, readerIsAdmin, readerRepoIds } = reader;
  return Prisma.sql`r.deleted_at IS NULL
       AND (r.visibility = 'public'::visibility
            OR ((${readerIsAdmin}::boolean OR r.owner_id = ${readerId}::uuid OR ${collaborates})
                AND (${readerRepoIds}::text[] IS NULL
                     OR r.id::text = ANY(${readerRepoIds}::text[]))))`;
}

/** How `w` must match, and what the matches are ranked by. */
function matching(search: CommitSearch): { where: Prisma.Sql; rank: Prisma.Sql } {
  if (search.idStart !== null) {
    const low = search.idStart.padEnd(64, '0');
    const high = search.idStart.padEnd(64, 'f');
    return {
      where: Prisma.sql`w.id BETWEEN decode(${low}, 'hex') AND decode(${high}, 'hex')`,
      rank: Prisma.sql`(order_ms IS NOT NULL)`,
    };
  }
  const parts: Prisma.Sql[] = [];
  const text = [
    ...search.words.map((word) => quoted(word) + (word.length < PREFIX_MIN_CHARACTERS ? '' : ':*')),
    ...search.phrases.map(quoted),
  ].join(' & ');
  if (text !== '') parts.push(Prisma.sql`to_tsquery('simple', ${text})`);
  for (const name of ['author', 'agent', 'type'] as const) {
    const value = search[name];
    if (value === null) continue;
    const word = quoted(`${name}:${value.toLowerCase().slice(0, 200)}`);
    parts.push(Prisma.sql`${word}::tsquery`);
  }
  if (search.repoId !== null) parts.push(Prisma.sql`${quoted(`repo:${search.repoId}`)}::tsquery`);
  const query = Prisma.sql`(${Prisma.join(parts, ' && ')})`;
  return { where: Prisma.sql`w.words @@ ${query}`, rank: Prisma.sql`ts_rank(words, ${query})` };
}

/** A text as an operand of a text query, whatever it holds. */
const quoted = (text: string): string =>
  `'${storableText(text).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** SQLSTATE 57014, `query_canceled`. */
function wasCanceled(error: unknown): boolean {
  const { meta, cause } = error as {
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
    cause?: { originalCode?: unknown };
  };
  return (meta?.driverAdapterError?.cause ?? cause)?.originalCode === '57014';
}
