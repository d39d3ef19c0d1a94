import type { BranchRow, BrowseStore } from '../ports/browse-store';
import * as comments from './browse-comments';
import * as commits from './browse-commits';
import * as pushes from './browse-pushes';
import * as repositories from './browse-repositories';
import type { PrismaClient } from './prisma-client';

/** What pages and the API read, over PostgreSQL. */
export function createBrowseStore(prisma: PrismaClient): BrowseStore {
  return {
    findOwner: (handle) => repositories.findOwner(prisma, handle),
    findHandles: (texts) => repositories.findHandles(prisma, texts),
    listRepositories: (query) => repositories.listRepositories(prisma, query),

    countBranches: (repoId) => prisma.branch.count({ where: { repoId } }),
    listBranches: (repoId, page) => listBranches(prisma, repoId, page),
    findBranches: (repoId, names) => findBranches(prisma, repoId, names),

    scanGraph: (repoId, before, limit) => commits.scanGraph(prisma, repoId, before, limit),
    findGenerations: (repoId, ids) => commits.findGenerations(prisma, repoId, ids),
    loadCommits: (repoId, ids) => commits.loadCommits(prisma, repoId, ids),
    filterCommits: (repoId, ids, filter) => commits.filterCommits(prisma, repoId, ids, filter),
    findSigner: (keyId) => repositories.findSigner(prisma, keyId),

    listPushes: (repoId, query) => pushes.listPushes(prisma, repoId, query),
    findPushes: (repoId, seqs) => pushes.findPushes(prisma, repoId, seqs),

    countComments: (repoId, ids) => comments.countComments(prisma, repoId, ids),
    listComments: (repoId, id, page) => comments.listComments(prisma, repoId, id, page),
    addComment: (comment) => comments.addComment(prisma, comment),
  };
}

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
