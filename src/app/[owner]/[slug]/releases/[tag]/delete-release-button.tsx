'use client';

import { useAction } from '~/trpc/action';
import { type RepoName, releasesAddress } from '../../../../_components/address';
import { FormError } from '../../../../_components/choice-field';
import { ConfirmButton } from '../../../../_components/confirm-button';
import { actAddress, PlainAct } from '../../../../_components/plain-act';

/** Takes a release away, after a second click. */
export function DeleteReleaseButton({ repo, tag }: { repo: RepoName; tag: string }) {
  const { run, busy, error } = useAction();
  const remove = async () => {
    const done = await run((api) => api.release.delete.mutate({ ...repo, tag }));
    if (done) window.location.assign(releasesAddress(repo));
  };
  return (
    <>
      <PlainAct
        act="release.delete"
        fields={{ tag }}
        label="Delete"
        question={`Delete the release ${tag} for good`}
        to={actAddress(repo)}
      />
      <span className="needs-script inline-flex flex-wrap items-center gap-2">
        <ConfirmButton
          busy={busy}
          label={`Delete the release ${tag}`}
          onConfirm={() => void remove()}
          question="Delete for good"
        >
          Delete
        </ConfirmButton>
        <FormError error={error} />
      </span>
    </>
  );
}
