import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { FetchStore } from '../ports/fetch-store';
import type { OpenRepository } from './open-repository';
import type { FetchWish } from './plan-fetch';

/** Asks the store for so many ids at once. */
const FIND_BATCH_IDS = 4096;

/**
 * What a peer asks for, against what is stored: `want` without duplicates, `have` without those
 * that are unknown here, which tell nothing. Throws `Refusal` `object-not-found` for a wanted
 * commit that is not stored in this repository.
 */
export async function checkWish(
  { entry }: OpenRepository,
  { want, have, depth }: FetchWish,
  store: Pick<FetchStore, 'findCommits'>,
): Promise<FetchWish> {
  const asked = [...new Set([...want, ...have])];
  const known = new Set<Id>();
  for (let from = 0; from < asked.length; from += FIND_BATCH_IDS) {
    const batch = asked.slice(from, from + FIND_BATCH_IDS);
    for (const id of await store.findCommits(entry.id, batch)) known.add(id);
  }
  requireCommits(want, known, entry.idFormat);
  return {
    want: [...new Set(want)],
    have: [...new Set(have)].filter((id) => known.has(id)),
    depth,
  };
}

/** Throws `Refusal` `object-not-found` for the first of these commits that is not known. */
export function requireCommits(ids: Id[], known: ReadonlySet<Id>, idFormat: IdFormat | null): void {
  const missing = ids.find((id) => !known.has(id));
  if (missing === undefined) return;
  throw new Refusal(
    'object-not-found',
    { id: formatId(missing, idFormat ?? 'bare'), kind: 'commit' },
    'A wanted commit is not in this repository; look at its refs again.',
  );
}
