import { compareNewest, type Ordered } from '~/muse/commit-order';
import type { Id } from '~/muse/ids';
import type { BrowseStore } from '~/server/ports/browse-store';
import type { HistoryScope } from '~/server/ports/history-store';
import type { HistoryChange } from './history-chunks';
import { type Start, walkGraph } from './walk-graph';

const OLD_HEAD = 1;
const OLD_EXCLUDE = 2;
const NEW_HEAD = 4;
const NEW_EXCLUDE = 8;

const has = (bits: number, bit: number) => (bits & bit) !== 0;
const isOld = (bits: number) => has(bits, OLD_HEAD) && !has(bits, OLD_EXCLUDE);
const isNew = (bits: number) => has(bits, NEW_HEAD) && !has(bits, NEW_EXCLUDE);

/**
 * What makes the history of one scope (null: nothing) that of another: in one walk, which ends where
 * the two no longer differ. A fast-forward costs its new commits, whatever lies below; a rewritten
 * branch costs what the two ends do not share.
 *
 * The walk may end when every commit that it has still to pass is settled: reached by both
 * `exclude`s, so in neither history, or by both heads or neither and both excludes or neither. What
 * lies below is reached by unions of these, and each such union is settled too.
 */
export async function walkChange(
  repoId: string,
  from: HistoryScope | null,
  to: HistoryScope,
  deps: {
    browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations'>;
    /** Which of these commits are in the history of `from`; spares the walk down to them. */
    areInFrom(ids: Id[]): Promise<Set<Id>>;
  },
): Promise<HistoryChange> {
  const starts: Start[] = [{ id: to.head, bits: NEW_HEAD }];
  // With nothing before, what is excluded now may as well have been excluded then.
  const excludes = from === null ? NEW_EXCLUDE | OLD_EXCLUDE : NEW_EXCLUDE;
  if (to.exclude !== null) starts.push({ id: to.exclude, bits: excludes });
  if (from !== null) starts.push({ id: from.head, bits: OLD_HEAD });
  if (from?.exclude) starts.push({ id: from.exclude, bits: OLD_EXCLUDE });

  const added: Ordered[] = [];
  const removed: Ordered[] = [];
  await walkGraph(repoId, starts, deps.browse, {
    settled: (bits) =>
      (has(bits, OLD_EXCLUDE) && has(bits, NEW_EXCLUDE)) ||
      (has(bits, OLD_HEAD) === has(bits, NEW_HEAD) &&
        has(bits, OLD_EXCLUDE) === has(bits, NEW_EXCLUDE)),
    hint: from === null ? undefined : hint,
    visit: ({ id, orderMs }, bits) => {
      if (isOld(bits) === isNew(bits)) return;
      (isNew(bits) ? added : removed).push({ id, orderMs });
    },
  });
  return { added: added.sort(compareNewest), removed: removed.sort(compareNewest) };

  async function hint(ids: Id[]): Promise<Map<Id, number>> {
    const inside = await deps.areInFrom(ids);
    return new Map([...inside].map((id) => [id, OLD_HEAD]));
  }
}
