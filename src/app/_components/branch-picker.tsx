'use client';

import ChevronDown from 'lucide-react/icons/chevron-down';
import GitBranch from 'lucide-react/icons/git-branch';
import { lazy, Suspense, useState } from 'react';

const BranchChoices = lazy(() => import('./branch-choices'));

const WORDS = { branch: 'Branch', tag: 'Tag', commit: 'Commit' } as const;

/**
 * Opens a list of branches. The list and what it needs to ask for them are loaded when it is opened
 * for the first time; without a script it is a link to the page of branches.
 */
export function BranchPicker({
  owner,
  slug,
  current,
  kind,
  addressStart,
  addressEnd,
  allAddress,
}: {
  owner: string;
  slug: string;
  /** What is shown now: a name, or a shortened id. */
  current: string;
  kind: 'branch' | 'tag' | 'commit';
  /** A branch's page is `addressStart`, its encoded name, `addressEnd`. */
  addressStart: string;
  addressEnd: string;
  allAddress: string;
}) {
  const [open, setOpen] = useState(false);
  const face = (
    <>
      <GitBranch aria-hidden="true" className="shrink-0 text-muted" size={14} />
      <span className="sr-only">{WORDS[kind]} </span>
      <bdi className="truncate font-mono text-[0.8125rem]">{current}</bdi>
      <ChevronDown aria-hidden="true" className="shrink-0 text-muted" size={14} />
    </>
  );
  const look =
    'inline-flex min-h-8 max-w-full list-none items-center gap-1.5 rounded-md border border-line bg-surface px-3 leading-5 hover:border-control [&::-webkit-details-marker]:hidden';
  return (
    <>
      <details
        className="needs-script relative min-w-0 max-w-full"
        onToggle={(event) => setOpen(event.currentTarget.open)}
      >
        <summary className={look}>{face}</summary>
        <div className="absolute left-0 z-20 mt-1 w-72 max-w-[85vw] rounded-lg border border-line bg-canvas shadow-lg">
          {open && (
            <Suspense fallback={<p className="px-4 py-3 text-muted">Loading…</p>}>
              <BranchChoices
                addressEnd={addressEnd}
                addressStart={addressStart}
                current={current}
                owner={owner}
                slug={slug}
              />
            </Suspense>
          )}
          <a className="link block border-line border-t px-4 py-2" href={allAddress}>
            All branches
          </a>
        </div>
      </details>
      <noscript>
        <a className={look} href={allAddress}>
          {face}
        </a>
      </noscript>
    </>
  );
}
