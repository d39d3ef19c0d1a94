'use client';

import { useAction } from '~/trpc/action';
import type { RepoName } from './address';
import { FormError } from './choice-field';
import { ConfirmButton } from './confirm-button';
import { actAddress, PlainAct } from './plain-act';

/** Takes a branch away, after a second click. */
export function DeleteBranch({
  repo: { owner, slug },
  branch,
  head,
}: {
  repo: RepoName;
  branch: string;
  /** Where the page showed it. */
  head: string;
}) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="branch.delete"
        fields={{ branch, expectedHead: head }}
        label="Delete"
        question={`Delete ${branch}`}
        to={actAddress({ owner, slug })}
      />
      <span className="needs-script inline-flex flex-wrap items-center gap-x-3 gap-y-1">
        <ConfirmButton
          busy={busy}
          label={`Delete ${branch}`}
          onConfirm={() =>
            void run((api) => api.branch.delete.mutate({ owner, slug, branch, expectedHead: head }))
          }
          question="Delete it"
        >
          Delete
        </ConfirmButton>
        <FormError error={error} />
      </span>
    </>
  );
}

/** Puts a branch where it was before or after a push, after a second click. */
export function RestoreBranch({
  repo: { owner, slug },
  branch,
  pushId,
  to,
  expectedHead,
}: {
  repo: RepoName;
  branch: string;
  pushId: string;
  to: 'before' | 'after';
  /** Where the page showed the branch; null: it was not there. */
  expectedHead: string | null;
}) {
  const { run, busy, error } = useAction();
  const wish = { owner, slug, pushId, to, expectedHead };
  return (
    <>
      <PlainAct
        act="branch.restore"
        fields={{ pushId, to, expectedHead: expectedHead ?? '' }}
        label={expectedHead === null ? 'Restore' : 'Put the branch here'}
        question={`Put ${branch} back to ${to} this push`}
        to={actAddress({ owner, slug })}
      />
      <span className="needs-script inline-flex flex-wrap items-center gap-x-3 gap-y-1">
        <ConfirmButton
          busy={busy}
          label={`Put ${branch} back to ${to} this push`}
          onConfirm={() => void run((api) => api.branch.restore.mutate(wish))}
          question={expectedHead === null ? 'Bring it back' : 'Move the branch'}
        >
          {expectedHead === null ? 'Restore' : 'Put the branch here'}
        </ConfirmButton>
        <FormError error={error} />
      </span>
    </>
  );
}
