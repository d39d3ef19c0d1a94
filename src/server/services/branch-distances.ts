import type { Id } from '~/muse/ids';
import type { BranchRow, BrowseStore } from '~/server/ports/browse-store';
import type { HistoryStore, SavedDistance } from '~/server/ports/history-store';
import { walkGraph } from './walk-graph';

/** How far a branch is from the default. */
export interface BranchDistance {
  /** Commits that only the branch reaches, and that only the default reaches. */
  ahead: number;
  behind: number;
  /** The walk was cut short: the numbers are lower bounds. */
  bounded: boolean;
}

interface DistanceDeps {
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations'>;
  histories: Pick<HistoryStore, 'findDistances' | 'request'>;
}

const COMPARE_MAX_ROWS = 20_000;
/** A default that moved by more commits than this has the distances to it saved anew. */
const FOLLOWED_MAX_COMMITS = 256;
/** Heads that one walk tells apart: a bit each. */
const HEADS_MAX = 30;
const DEFAULT_BIT = 1;

/**
 * How far each branch is ahead of the default and behind it. What was counted after the last push is
 * taken as it is; where only the default has moved since, what it moved by is walked; where a
 * branch has moved and is not counted yet, the way between the two, up to a bound.
 */
export async function branchDistances(
  repoId: string,
  main: BranchRow,
  branches: BranchRow[],
  deps: DistanceDeps,
): Promise<Map<string, BranchDistance>> {
  const names = branches.map(({ name }) => name);
  const saved = await deps.histories.findDistances(repoId, names);
  const distances = new Map<string, BranchDistance>();
  const moved: Moved[] = [];
  for (const branch of branches) {
    const known = saved.get(branch.name);
    if (known?.scope.head !== branch.head) continue;
    if (known.scope.exclude !== main.head) moved.push({ branch, known });
    else distances.set(branch.name, { ahead: known.ahead, behind: known.behind, bounded: false });
  }
  const wanted: BranchRow[] = [];
  for (const group of groupsOf(moved)) {
    const followed = await follow(repoId, main.head, group, deps);
    for (const [name, distance] of followed.distances) distances.set(name, distance);
    if (followed.commits > FOLLOWED_MAX_COMMITS) {
      wanted.push(...group.map(({ branch }) => branch));
    }
  }
  const rest = branches.filter(({ name }) => !distances.has(name));
  for (let from = 0; from < rest.length; from += HEADS_MAX) {
    const some = rest.slice(from, from + HEADS_MAX);
    const counts = await walkBetween(repoId, main.head, some, deps);
    for (const [index, { name }] of some.entries()) distances.set(name, counts[index]!);
  }
  const asked = new Set([...wanted, ...rest].map(({ name }) => name));
  await Promise.all([...asked].map((branch) => deps.histories.request({ repoId, branch })));
  return distances;
}

/** A branch whose distance was counted to where the default was before. */
interface Moved {
  branch: BranchRow;
  known: SavedDistance;
}

/** Groups of which one walk can tell all heads apart. */
function groupsOf(moved: Moved[]): Moved[][] {
  const groups: Moved[][] = [];
  let heads = new Set<Id>();
  for (const one of moved) {
    const more = [one.branch.head, one.known.scope.exclude].filter((id) => !heads.has(id));
    if (groups.length === 0 || heads.size + more.length > HEADS_MAX) {
      groups.push([]);
      heads = new Set();
    }
    groups.at(-1)!.push(one);
    heads.add(one.branch.head).add(one.known.scope.exclude);
  }
  return groups;
}

/**
 * Corrects distances by what the default has and had, in one walk that ends where every commit left
 * is reached by all places where the default was and is, or by none.
 */
async function follow(
  repoId: string,
  main: Id,
  group: Moved[],
  { browse }: DistanceDeps,
): Promise<{ distances: Map<string, BranchDistance>; commits: number }> {
  const bits = new Map<Id, number>([[main, DEFAULT_BIT]]);
  const bitOf = (id: Id): number => {
    const bit = bits.get(id) ?? 1 << bits.size;
    bits.set(id, bit);
    return bit;
  };
  const rows = group.map(({ branch, known }) => ({
    name: branch.name,
    was: bitOf(known.scope.exclude),
    own: bitOf(branch.head),
    count: { ahead: known.ahead, behind: known.behind, bounded: false },
  }));
  const defaults = rows.reduce((all, { was }) => all | was, DEFAULT_BIT);
  let commits = 0;
  const complete = await walkGraph(
    repoId,
    [...bits].map(([id, bit]) => ({ id, bits: bit })),
    browse,
    {
      settled: (reached) => (reached & defaults) === defaults || (reached & defaults) === 0,
      visit: (_, reached) => {
        if ((reached & defaults) === 0) return;
        commits++;
        for (const { was, own, count } of rows) {
          const isNow = Number((reached & DEFAULT_BIT) !== 0);
          const change = isNow - Number((reached & was) !== 0);
          if ((reached & own) !== 0) count.ahead -= change;
          else count.behind += change;
        }
      },
      maxRows: COMPARE_MAX_ROWS,
    },
  );
  const distances = complete ? rows.map(({ name, count }) => [name, count] as const) : [];
  return { distances: new Map(distances), commits };
}

/** Counts by a walk from all heads to where they meet, at most so many commits of it. */
async function walkBetween(
  repoId: string,
  main: Id,
  branches: BranchRow[],
  { browse }: DistanceDeps,
): Promise<BranchDistance[]> {
  const counts = branches.map(() => ({ ahead: 0, behind: 0, bounded: false }));
  const all = branches.reduce((bits, _, index) => bits | (2 << index), DEFAULT_BIT);
  const starts = branches.map((branch, index) => ({ id: branch.head, bits: 2 << index }));
  const complete = await walkGraph(repoId, [{ id: main, bits: DEFAULT_BIT }, ...starts], browse, {
    // What the default and every branch reach is ahead and behind of nothing.
    settled: (bits) => bits === all,
    visit: (_, bits) => {
      const onMain = (bits & DEFAULT_BIT) !== 0;
      for (const [index, count] of counts.entries()) {
        const onBranch = (bits & (2 << index)) !== 0;
        if (onBranch && !onMain) count.ahead++;
        else if (onMain && !onBranch) count.behind++;
      }
    },
    maxRows: COMPARE_MAX_ROWS,
  });
  if (!complete) for (const count of counts) count.bounded = true;
  return counts;
}
