import type { BranchRow, BrowseStore } from '../ports/browse-store';
import * as comments from './browse-comments';
import * as commits from './browse-commits';
import * as pushes from './browse-pushes';
import * as repositories from './browse-repositories';
import { asking } from './database-error';
import type { PrismaClient } from './prisma-client';
import { PostgresReleaseStore } from './release-store';
import { PostgresTagStore } from './tag-store';

/** What pages and the API read, over PostgreSQL; its troubles come out as refusals. */
export function createBrowseStore(prisma: PrismaClient): BrowseStore {
  const on =
    <Asked extends unknown[], Answer>(
      read: (prisma: PrismaClient, ...asked: Asked) => Promise<Answer>,
    ) =>
    (...asked: Asked): Promise<Answer> =>
      asking(() => read(prisma, ...asked));
  const tags = new PostgresTagStore(prisma);
  const releases = new PostgresReleaseStore(prisma);
  return {
    findOwner: on(repositories.findOwner),
    findHandles: on(repositories.findHandles),
    listRepositories: on(repositories.listRepositories),
    findSigners: on(repositories.findSigners),

    countBranches: on(countBranches),
    listBranches: on(listBranches),
    findBranches: on(findBranches),

    scanGraph: on(commits.scanGraph),
    findGenerations: on(commits.findGenerations),
    findOrders: on(commits.findOrders),
    loadCommits: on(commits.loadCommits),
    filterCommits: on(commits.filterCommits),

    countReleases: (repoId, drafts) => releases.countReleases(repoId, drafts),
    countTags: (repoId) => tags.countTags(repoId),
    tagsOfCommits: (repoId, ids) => tags.tagsOfCommits(repoId, ids),
    findTags: (repoId, names) => tags.findTags(repoId, names),

    listPushes: on(pushes.listPushes),
    findPushes: on(pushes.findPushes),
    findPushById: on(pushes.findPushById),
    listPushedCommits: on(pushes.listPushedCommits),
    listDeletedBranches: on(pushes.listDeletedBranches),

    countComments: on(comments.countComments),
    listComments: on(comments.listComments),
    findComment: on(comments.findComment),
    addComment: on(comments.addComment),
    editComment: on(comments.editComment),
    deleteComment: on(comments.deleteComment),
  };
}

const countBranches = (prisma: PrismaClient, repoId: string): Promise<number> =>
  prisma.branch.count({ where: { repoId } });

interface BranchColumns {
  name: string;
  head: string;
  updated_at: Date;
  push_seq: number;
}

const branchOf = (row: BranchColumns): BranchRow => ({
  name: row.name,
  head: row.head,
  updatedAtMs: row.updated_at.getTime(),
  pushSeq: row.push_seq,
});

async function listBranches(
  prisma: PrismaClient,
  repoId: string,
  { after, search, limit }: { after: string | null; search: string; limit: number },
): Promise<BranchRow[]> {
  const rows = await prisma.$queryRaw<BranchColumns[]>`
    SELECT name, encode(head, 'hex') AS head, updated_at, push_seq
      FROM branches
     WHERE repo_id = ${repoId}::uuid
       AND (${after}::text IS NULL OR name COLLATE "C" > ${after}::text)
       AND strpos(lower(name), lower(${search}::text)) > 0
     ORDER BY name COLLATE "C"
     LIMIT ${limit}::int`;
  return rows.map(branchOf);
}

async function findBranches(
  prisma: PrismaClient,
  repoId: string,
  names: string[],
): Promise<Map<string, BranchRow>> {
  // A NUL cannot be stored, so nothing that holds one is there.
  const storable = names.filter((name) => !name.includes('\0'));
  const rows = await prisma.$queryRaw<BranchColumns[]>`
    SELECT name, encode(head, 'hex') AS head, updated_at, push_seq
      FROM branches
     WHERE repo_id = ${repoId}::uuid AND name = ANY(${storable}::text[])`;
  return new Map(rows.map((row) => [row.name, branchOf(row)]));
}
