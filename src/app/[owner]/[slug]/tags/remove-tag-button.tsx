'use client';

import { useAction } from '~/trpc/action';
import type { RepoName } from '../../../_components/address';
import { FormError } from '../../../_components/choice-field';
import { ConfirmButton } from '../../../_components/confirm-button';
import { actAddress, PlainAct } from '../../../_components/plain-act';

/** Takes a tag away, after a second click. */
export function RemoveTagButton({ repo, id, name }: { repo: RepoName; id: string; name: string }) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="tag.remove"
        fields={{ id }}
        label="Remove"
        question={`Remove the tag ${name}`}
        to={actAddress(repo)}
      />
      <span className="needs-script inline-flex flex-wrap items-center gap-2">
        <ConfirmButton
          busy={busy}
          label={`Remove the tag ${name}`}
          onConfirm={() => void run((api) => api.tag.remove.mutate({ ...repo, id }))}
          question="Remove it"
        >
          Remove
        </ConfirmButton>
        <FormError error={error} />
      </span>
    </>
  );
}
