import type { BrowseStore } from '~/server/ports/browse-store';
import type { HistoryScope, SavedHistory } from '~/server/ports/history-store';
import { type Start, walkGraph } from './walk-graph';

const OLD_HEAD = 1;
const OLD_EXCLUDE = 2;
const NEW_HEAD = 4;
const NEW_EXCLUDE = 8;

const has = (bits: number, bit: number) => (bits & bit) !== 0;

/**
 * How many commits `exclude` reaches and `head` does not; null where nothing is excluded. From what
 * was counted before only the difference is walked: what two heads share on both sides is left out,
 * whatever lies below it.
 */
export async function countBehind(
  repoId: string,
  saved: Pick<SavedHistory, 'scope' | 'behind'> | null,
  to: HistoryScope,
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations'>,
): Promise<number | null> {
  if (to.exclude === null) return null;
  const from = saved && saved.behind !== null && saved.scope.exclude !== null ? saved : null;
  const starts: Start[] = [
    { id: to.head, bits: NEW_HEAD },
    { id: to.exclude, bits: NEW_EXCLUDE },
  ];
  if (from) {
    starts.push({ id: from.scope.head, bits: OLD_HEAD });
    starts.push({ id: from.scope.exclude!, bits: OLD_EXCLUDE });
  }
  let behind = from?.behind ?? 0;
  await walkGraph(repoId, starts, browse, {
    // Below commits that are all settled lie unions of their bits, and these are settled too.
    settled: from
      ? (bits) =>
          has(bits, OLD_HEAD) === has(bits, NEW_HEAD) &&
          has(bits, OLD_EXCLUDE) === has(bits, NEW_EXCLUDE)
      : (bits) => has(bits, NEW_HEAD) && has(bits, NEW_EXCLUDE),
    visit: (_, bits) => {
      if (has(bits, NEW_EXCLUDE) && !has(bits, NEW_HEAD)) behind++;
      if (from && has(bits, OLD_EXCLUDE) && !has(bits, OLD_HEAD)) behind--;
    },
  });
  return behind;
}
