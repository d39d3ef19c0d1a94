'use client';

import { type FormEvent, useState } from 'react';
import { useAction } from '~/trpc/action';
import { Button } from '../../_components/button';
import { FormError } from '../../_components/choice-field';
import { TextField } from '../../_components/form-field';
import { NewPasswordField } from '../../_components/new-password-field';
import { ACCOUNT_ACTS, ActFields } from '../../_components/plain-act';
import { counted } from '../../_components/wording';

/** Sets one's password, with the one there is or shortly after signing in. */
export function PasswordForm({
  handle,
  hasPassword,
  fresh,
}: {
  handle: string;
  hasPassword: boolean;
  fresh: boolean;
}) {
  const { run, busy, error } = useAction();
  const [done, setDone] = useState<string | null>(null);
  const needed = hasPassword && !fresh;
  if (!hasPassword && !fresh) {
    return (
      <p className="p-4">
        You have no password. To set one,{' '}
        <a className="link underline" href="/login?callbackUrl=%2Fsettings%2Fprofile">
          sign in anew
        </a>{' '}
        and come back within ten minutes.
      </p>
    );
  }
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    setDone(null);
    const answer = await run((api) =>
      api.account.setPassword.mutate({
        current: String(form.get('current') ?? ''),
        next: String(form.get('next') ?? ''),
      }),
    );
    if (!answer) return;
    element.reset();
    const others =
      answer.ended > 0 ? ` ${counted(answer.ended, 'other session')} ended with it.` : '';
    setDone(`The password is set.${others}`);
  };
  return (
    <form action={ACCOUNT_ACTS} className="max-w-2xl space-y-4 p-4" method="post" onSubmit={submit}>
      <ActFields act="profile.password" />
      {/* Tells password managers whose password it is. */}
      <input autoComplete="username" defaultValue={handle} hidden name="username" readOnly />
      {needed && (
        <TextField
          autoComplete="current-password"
          id="current-password"
          label="Current password"
          maxLength={1024}
          name="current"
          required
          type="password"
        />
      )}
      <NewPasswordField
        label={hasPassword ? 'New password' : 'Password'}
        more=" Your other sessions end with it."
        name="next"
      />
      <FormError error={error} />
      <div className="flex flex-wrap items-center gap-3">
        <Button disabled={busy} look="primary">
          {hasPassword ? 'Change the password' : 'Set the password'}
        </Button>
        <span role="status">{done}</span>
      </div>
    </form>
  );
}
