import { searchAddress } from './address';
import { Button } from './button';

export const SEARCH_KINDS = ['repositories', 'commits', 'files'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** Asks for repositories, commits or files; a plain form. */
export function SearchForm({
  text,
  kind,
  className = '',
}: {
  text: string;
  kind: SearchKind;
  className?: string;
}) {
  return (
    <search>
      <form action={searchAddress()} className={`flex gap-2 ${className}`}>
        <input name="kind" type="hidden" value={kind} />
        <input
          aria-label={`Search ${kind}`}
          className="min-h-9 min-w-0 flex-1 rounded-md border border-control bg-canvas px-3 text-sm"
          defaultValue={text}
          maxLength={300}
          name="q"
          placeholder={PLACEHOLDERS[kind]}
          type="search"
        />
        <Button>Search</Button>
      </form>
    </search>
  );
}

const PLACEHOLDERS: Record<SearchKind, string> = {
  repositories: 'Name, owner or description',
  commits: 'Words, "a phrase", author:ada, type:fix, or an id',
  files: 'repo:owner/name and a part of a path',
};
