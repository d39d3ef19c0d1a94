import type { Id } from '~/muse/ids';
import type { BrowseStore, GraphRow } from '~/server/ports/browse-store';
import { CommitHistory } from './commit-history';
import { walkGraph } from './walk-graph';

/**
 * Histories that were walked before. They are named by the heads they were walked from and a head
 * never changes what it reaches, so an entry is never stale; each process has its own.
 */
export class HistoryCache {
  private readonly entries = new Map<string, { history: Promise<CommitHistory>; count: number }>();
  private readonly latest = new Map<string, { head: Id; key: string }>();
  private commits = 0;

  /** `maxCommits`: how many commits all histories together may hold (some 50 bytes each). */
  constructor(private readonly maxCommits = 1_000_000) {}

  get(key: string): Promise<CommitHistory> | null {
    const entry = this.entries.get(key);
    if (!entry) return null;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.history;
  }

  /** Keeps a history that is being walked; one that fails is forgotten, so that it is tried again. */
  keep(key: string, history: Promise<CommitHistory>): void {
    const entry = { history, count: 0 };
    this.entries.set(key, entry);
    history.then(
      (walked) => {
        if (this.entries.get(key) !== entry) return;
        entry.count = walked.count;
        this.commits += walked.count;
        for (const [oldest, { count }] of this.entries) {
          if (this.commits <= this.maxCommits || oldest === key) break;
          this.entries.delete(oldest);
          this.commits -= count;
        }
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
  }

  /** The whole history of a repository that was walked last, to walk only what is new since. */
  earlier(repoId: string): { head: Id; history: Promise<CommitHistory> } | null {
    const latest = this.latest.get(repoId);
    const entry = latest && this.entries.get(latest.key);
    return entry ? { head: latest.head, history: entry.history } : null;
  }

  remember(repoId: string, head: Id, key: string): void {
    this.latest.set(repoId, { head, key });
  }
}

export interface HistoryDeps {
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations'>;
  histories: HistoryCache;
}

/**
 * The commits that `head` reaches and `exclude` does not (null: nothing is excluded), newest first.
 *
 * Walked once per head and process. After a push only the new commits are walked, and merged into
 * the history that was known.
 */
export async function loadHistory(
  repoId: string,
  head: Id,
  exclude: Id | null,
  deps: HistoryDeps,
): Promise<CommitHistory> {
  const key = `${repoId} ${head} ${exclude ?? ''}`;
  const known = deps.histories.get(key);
  if (known) return known;
  const earlier = exclude === null ? deps.histories.earlier(repoId) : null;
  const walked = walkHistory(repoId, head, exclude, earlier, deps.browse);
  deps.histories.keep(key, walked);
  const history = await walked;
  if (exclude === null) deps.histories.remember(repoId, head, key);
  return history;
}

const WANTED = 1;
const EXCLUDED = 2;

async function walkHistory(
  repoId: string,
  head: Id,
  exclude: Id | null,
  earlier: { head: Id; history: Promise<CommitHistory> } | null,
  browse: HistoryDeps['browse'],
): Promise<CommitHistory> {
  if (earlier) {
    const history = await walkOnto(repoId, head, earlier.head, await earlier.history, browse);
    if (history) return history;
  }
  const rows: GraphRow[] = [];
  const starts = [{ id: head, bits: WANTED }];
  if (exclude !== null) starts.push({ id: exclude, bits: EXCLUDED });
  await walkGraph(repoId, starts, browse, {
    // Below a commit that is excluded everything is.
    settled: (bits) => (bits & EXCLUDED) !== 0,
    visit: (row, bits) => {
      if (bits === WANTED) rows.push(row);
    },
  });
  return CommitHistory.build(rows, null);
}

/** Adds to a whole history what `head` reaches beyond it; null when `head` does not reach its head. */
async function walkOnto(
  repoId: string,
  head: Id,
  baseHead: Id,
  base: CommitHistory,
  browse: HistoryDeps['browse'],
): Promise<CommitHistory | null> {
  const isKnown = (id: Id) => base.indexOf(id) >= 0;
  if (isKnown(head)) return head === baseHead ? base : null;
  const rows: GraphRow[] = [];
  let reachesBase = false;
  await walkGraph(repoId, [{ id: head, bits: WANTED }], browse, {
    settled: () => false,
    skip: isKnown,
    visit: (row) => {
      rows.push(row);
      if (row.parents.includes(baseHead)) reachesBase = true;
    },
  });
  return reachesBase ? CommitHistory.build(rows, base) : null;
}
