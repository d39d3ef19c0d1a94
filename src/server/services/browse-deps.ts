import type { BrowseStore } from '~/server/ports/browse-store';
import type { Clock } from '~/server/ports/clock';
import type { Compute } from '~/server/ports/compute';
import type { FetchStore } from '~/server/ports/fetch-store';
import type { HistoryStore } from '~/server/ports/history-store';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { ObjectReader } from '~/server/ports/object-storage';
import type { SearchStore } from '~/server/ports/search-store';
import type { CompareCaches } from './compare-caches';
import type { PathLists } from './list-paths';
import type { HistoryCache } from './load-history';

/** What the services behind pages and the API need of the world; each takes the part it uses. */
export interface BrowseDeps {
  identities: IdentityStore;
  browse: BrowseStore;
  records: Pick<
    FetchStore,
    'findCommits' | 'loadRecords' | 'loadSnapshots' | 'loadTrees' | 'locateObjects'
  >;
  objects: ObjectReader;
  histories: HistoryStore;
  historyCache: HistoryCache;
  search: SearchStore;
  pathLists: PathLists;
  compared: CompareCaches;
  compute: Compute;
  clock: Clock;
}
