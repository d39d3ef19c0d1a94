import Search from 'lucide-react/icons/search';
import { searchAddress } from './address';

/** The search on every page; on a narrow one a link to the page of the search. */
export function SearchField() {
  return (
    <search className="mr-auto flex min-w-0 justify-end max-sm:ml-auto max-sm:mr-0 sm:flex-1 sm:justify-start">
      <form action={searchAddress()} className="relative w-full max-w-72 max-sm:hidden">
        <Search
          aria-hidden="true"
          className="pointer-events-none absolute top-2 left-2.5 text-muted"
          size={16}
        />
        <input
          aria-keyshortcuts="/"
          aria-label="Search"
          className="h-8 w-full rounded-md border border-control bg-canvas pr-2 pl-8 text-sm"
          id="site-search"
          maxLength={300}
          name="q"
          placeholder="Search"
          type="search"
        />
      </form>
      <a
        aria-label="Search"
        className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink sm:hidden"
        data-key="/"
        href={searchAddress()}
      >
        <Search aria-hidden="true" size={16} />
      </a>
    </search>
  );
}
