'use client';

import { type FormEvent, useState } from 'react';
import { useAction } from '~/trpc/action';
import { Button } from '../../../_components/button';
import { FormError } from '../../../_components/choice-field';
import { TextField } from '../../../_components/form-field';
import { ShownCode } from '../shown-code';

/** Makes an invitation and shows its code, once. */
export function InviteForm() {
  const { run, busy, error } = useAction();
  const [made, setMade] = useState<{ code: string; expiresAtMs: number } | null>(null);
  if (made) {
    return (
      <div className="space-y-3">
        <ShownCode {...made} page="/join">
          The invitation is made.
        </ShownCode>
        <Button onClick={() => setMade(null)} type="button">
          Done
        </Button>
      </div>
    );
  }
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const answer = await run((api) =>
      api.admin.users.invite.mutate({
        note: String(form.get('note') ?? ''),
        usesMax: Number(form.get('usesMax')),
        days: Number(form.get('days')),
      }),
    );
    if (answer) setMade(answer);
  };
  return (
    <>
      <noscript>
        <p>Making an invitation needs JavaScript.</p>
      </noscript>
      <form className="needs-script space-y-4" method="post" onSubmit={submit}>
        <TextField
          autoComplete="off"
          hint="Kept with it and in the audit log; the code is not."
          id="invite-note"
          label="Whom it is for"
          maxLength={100}
          name="note"
          required
        />
        <TextField
          defaultValue={1}
          id="invite-uses"
          label="Accounts that can be made with it"
          max={100}
          min={1}
          name="usesMax"
          required
          type="number"
        />
        <TextField
          defaultValue={7}
          id="invite-days"
          label="Days that it stands"
          max={30}
          min={1}
          name="days"
          required
          type="number"
        />
        <FormError error={error} />
        <Button disabled={busy} look="primary">
          Make the invitation
        </Button>
      </form>
    </>
  );
}
