'use client';

import type { FormEvent } from 'react';
import { useAction } from '~/trpc/action';
import type { RepoName } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { FormError } from '../../../_components/choice-field';
import { TextField } from '../../../_components/form-field';
import { ActFields, actAddress } from '../../../_components/plain-act';

/** Puts a tag on the commit that a branch, another tag or an id names. */
export function AddTagForm({ repo, defaultRef }: { repo: RepoName; defaultRef: string }) {
  const { run, busy, error } = useAction();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    const done = await run((api) =>
      api.tag.add.mutate({ ...repo, name: String(form.get('name')), ref: String(form.get('ref')) }),
    );
    if (done) target.reset();
  };
  return (
    <form action={actAddress(repo)} className="space-y-4 p-4" method="post" onSubmit={submit}>
      <ActFields act="tag.add" />
      <TextField
        autoComplete="off"
        hint="v1.2.0, emotion:joyful, stage:master. One name may stand on several commits."
        id="tag-name"
        label="Tag"
        maxLength={255}
        name="name"
        required
        spellCheck={false}
      />
      <TextField
        autoComplete="off"
        defaultValue={defaultRef}
        hint="A branch, another tag or the whole id of a commit."
        id="tag-ref"
        label="Commit"
        name="ref"
        required
        spellCheck={false}
      />
      <FormError error={error} />
      <Button disabled={busy} look="primary">
        Tag it
      </Button>
    </form>
  );
}
