import type { Id } from '~/muse/ids';
import type { GraphRow } from '~/server/ports/browse-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { CommitPair } from './list-changes';
import { describeCommits, type ListedCommit } from './list-commits';
import type { OpenRepository } from './open-repository';
import { type ResolvedRef, resolveRef } from './resolve-ref';
import { walkGraph } from './walk-graph';

type CompareDeps = Pick<BrowseDeps, 'browse' | 'compared'>;

/** How two commits lie to each other. */
export interface Divergence {
  /** The common ancestors that no other common one descends from, the newest first; none: unrelated. */
  mergeBases: Id[];
  /** What only the head reaches, newest first, never a parent before its child. */
  ahead: Id[];
  /** How many only the base reaches. */
  behind: number;
  /** The walk was cut short: the numbers are lower bounds, and no merge base was looked for further. */
  bounded: boolean;
}

export interface Comparison extends Omit<Divergence, 'ahead'> {
  base: ResolvedRef;
  head: ResolvedRef;
  ahead: number;
  /** One page of the commits that only the head reaches. */
  commits: ListedCommit[];
  /** The commit behind which the next page begins; null at the end. */
  next: Id | null;
  /** What is compared with the head file by file: where the two parted, or the base itself. */
  pair: CommitPair;
  /** `direct` also where the other cannot be: unrelated, or too far apart. */
  mode: CompareMode;
}

/** `since-parted` shows what the head did since the base and it were one; `direct` the two as they are. */
export type CompareMode = 'since-parted' | 'direct';

const WALK_MAX_ROWS = 20_000;
const BASE = 1;
const HEAD = 2;
const BOTH = BASE | HEAD;
/** Below a merge base. */
const STALE = 4;

/**
 * Compares two branches, tags or commits. Throws `Refusal` `branch-not-found` when either is not
 * there.
 */
export async function compareRefs(
  repo: OpenRepository,
  query: { base: string; head: string; mode: CompareMode; after: Id | null; limit: number },
  deps: CompareDeps,
): Promise<Comparison> {
  const [base, head] = await Promise.all([
    resolveWhole(repo, query.base, deps),
    resolveWhole(repo, query.head, deps),
  ]);
  const key = `${repo.entry.id} ${base.commitId} ${head.commitId}`;
  const { ahead, ...divergence } = await deps.compared.divergences.get(key, () =>
    findDivergence(repo.entry.id, base.commitId, head.commitId, deps.browse),
  );
  const from = query.after === null ? 0 : ahead.indexOf(query.after) + 1;
  const ids = ahead.slice(from, from + query.limit);
  const parted = divergence.mergeBases[0] ?? null;
  const mode = parted === null ? 'direct' : query.mode;
  return {
    ...divergence,
    base,
    head,
    mode,
    ahead: ahead.length,
    commits: await describeCommits(repo, ids, deps),
    next: from + ids.length < ahead.length ? ids.at(-1)! : null,
    pair: {
      before: mode === 'since-parted' ? parted : base.commitId,
      after: head.commitId,
    },
  };
}

async function resolveWhole(
  repo: OpenRepository,
  name: string,
  deps: CompareDeps,
): Promise<ResolvedRef> {
  const ref = await resolveRef(repo, name.split('/'), deps);
  if (ref.path.length === 0) return ref;
  throw new Refusal('branch-not-found', {}, 'There is no such branch, tag or commit here.');
}

/** One walk over both histories down to where they meet. */
export async function findDivergence(
  repoId: string,
  base: Id,
  head: Id,
  browse: Pick<BrowseDeps['browse'], 'scanGraph' | 'findGenerations'>,
): Promise<Divergence> {
  const ahead: GraphRow[] = [];
  const common: GraphRow[] = [];
  let behind = 0;
  const starts = [
    { id: base, bits: BASE },
    { id: head, bits: HEAD },
  ];
  const complete = await walkGraph(repoId, starts, browse, {
    settled: (bits) => (bits & STALE) !== 0,
    visit: (row, bits) => {
      if (bits === HEAD) ahead.push(row);
      else if (bits === BASE) behind++;
      else if (bits === BOTH) common.push(row);
    },
    // Children come before parents: what both reach and no merge base reaches is one itself.
    passed: (bits) => (bits === BOTH ? bits | STALE : bits),
    maxRows: WALK_MAX_ROWS,
  });
  return {
    mergeBases: common.sort(newestFirst).map(({ id }) => id),
    ahead: ahead.sort(newestFirst).map(({ id }) => id),
    behind,
    bounded: !complete,
  };
}

const newestFirst = (a: GraphRow, b: GraphRow): number =>
  b.orderMs - a.orderMs || (a.id < b.id ? -1 : 1);
