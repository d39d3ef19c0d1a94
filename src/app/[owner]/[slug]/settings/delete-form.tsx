'use client';

import type { FormEvent } from 'react';
import { useAction } from '~/trpc/action';
import { ownerAddress, type RepoName } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { FormError } from '../../../_components/choice-field';
import { TextField } from '../../../_components/form-field';

/** Takes the repository away, once its name is typed. */
export function DeleteForm({ repo }: { repo: RepoName }) {
  const { run, busy, error } = useAction();
  const name = `${repo.owner}/${repo.slug}`;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const confirm = String(new FormData(event.currentTarget).get('confirm'));
    const done = await run((api) => api.settings.delete.mutate({ ...repo, confirm }));
    if (done) window.location.assign(ownerAddress(repo.owner));
  };
  return (
    <form className="needs-script space-y-4 p-4" method="post" onSubmit={submit}>
      <p>
        Its branches, history and pages are gone for everybody at once. Clones that people have stay
        what they are.
      </p>
      <TextField
        autoComplete="off"
        id="confirm"
        label={`Type ${name} to confirm`}
        name="confirm"
        required
        spellCheck={false}
      />
      <FormError error={error} />
      <Button disabled={busy}>
        <span className="text-bad">Delete this repository</span>
      </Button>
    </form>
  );
}
