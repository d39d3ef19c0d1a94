'use client';

import { type FormEvent, useState } from 'react';
import { useAction } from '~/trpc/action';
import { Button } from '../../_components/button';
import { FormError } from '../../_components/choice-field';
import { TextField } from '../../_components/form-field';
import { ACCOUNT_ACTS, ActFields } from '../../_components/plain-act';

/** Changes the name that is shown beside one's handle. */
export function DisplayNameForm({ displayName }: { displayName: string }) {
  const { run, busy, error } = useAction();
  const [saved, setSaved] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setSaved(false);
    const name = String(form.get('displayName') ?? '');
    const done = await run((api) => api.account.setDisplayName.mutate({ displayName: name }));
    setSaved(done !== null);
  };
  return (
    <form action={ACCOUNT_ACTS} className="max-w-2xl space-y-4 p-4" method="post" onSubmit={submit}>
      <ActFields act="profile.name" />
      <TextField
        autoComplete="name"
        defaultValue={displayName}
        hint="Shown beside your handle; may be empty."
        id="display-name"
        label="Name to show"
        maxLength={100}
        name="displayName"
      />
      <FormError error={error} />
      <div className="flex items-center gap-3">
        <Button disabled={busy} look="primary">
          Save the name
        </Button>
        <span role="status">{saved && 'Saved.'}</span>
      </div>
    </form>
  );
}
