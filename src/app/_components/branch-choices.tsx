'use client';

import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { ApiProvider, useTRPC } from '~/trpc/react';

interface Choices {
  owner: string;
  slug: string;
  current: string;
  addressStart: string;
  addressEnd: string;
}

/** The branches of a repository, to choose one; brings its own way to the API. */
export default function BranchChoices(props: Choices) {
  return (
    <ApiProvider>
      <Choosing {...props} />
    </ApiProvider>
  );
}

function Choosing({ owner, slug, current, addressStart, addressEnd }: Choices) {
  const [search, setSearch] = useState('');
  const asked = useDeferredValue(search);
  const trpc = useTRPC();
  const { data, error } = useQuery(
    trpc.branch.names.queryOptions({ owner, slug, search: asked, limit: 50 }),
  );
  const encoded = (name: string) => name.split('/').map(encodeURIComponent).join('/');
  return (
    <>
      <div className="border-line border-b p-2">
        <input
          aria-label="Find a branch"
          className="w-full rounded-md border border-control bg-canvas px-2 py-1"
          onChange={(event) => setSearch(event.target.value)}
          placeholder="Find a branch"
          type="search"
          value={search}
        />
      </div>
      <ul aria-label="Branches" className="max-h-72 overflow-y-auto py-1">
        {data?.map((name) => (
          <li key={name}>
            <a
              aria-current={name === current ? 'true' : undefined}
              className="breakable block px-4 py-1.5 font-mono text-[0.8125rem] hover:bg-sunken aria-[current]:font-semibold"
              href={addressStart + encoded(name) + addressEnd}
            >
              <bdi>{name}</bdi>
            </a>
          </li>
        ))}
      </ul>
      {data?.length === 0 && <p className="px-4 pb-3 text-muted">No such branch.</p>}
      {!data && !error && <p className="px-4 pb-3 text-muted">Loading…</p>}
      {error && <p className="px-4 pb-3 text-bad">{error.message}</p>}
    </>
  );
}
