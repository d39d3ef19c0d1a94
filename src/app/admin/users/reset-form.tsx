'use client';

import { type FormEvent, useState } from 'react';
import { useAction } from '~/trpc/action';
import { Choice, FormError } from '../../_components/choice-field';
import { ShownCode } from './shown-code';

/** Takes a person's password and sessions away, and shows the code for a new password, once. */
export function ResetForm({ handle }: { handle: string }) {
  const { run, busy, error } = useAction();
  const [made, setMade] = useState<{ code: string; expiresAtMs: number } | null>(null);
  if (made) {
    return (
      <ShownCode {...made} page="/reset">
        The password and the sessions of <bdi>{handle}</bdi> are gone. With this address a new
        password is set, once.
      </ShownCode>
    );
  }
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const answer = await run((api) =>
      api.admin.users.reset.mutate({
        handle,
        revokeTokens: form.get('tokens') === 'on',
        unlinkLogins: form.get('logins') === 'on',
        reason: String(form.get('reason') ?? ''),
      }),
    );
    if (answer) setMade(answer);
  };
  return (
    <>
      <noscript>
        <p>A reset needs JavaScript.</p>
      </noscript>
      <form className="needs-script space-y-3" method="post" onSubmit={submit}>
        <p>
          A reset takes the password and every session away, and gives a code with which a new
          password is set.
        </p>
        <Choice label="Revoke its access tokens, too" name="tokens" type="checkbox" />
        <Choice
          defaultChecked
          hint="Whoever took the account over may have linked one of their own."
          label="Unlink its sign-ins of other sites"
          name="logins"
          type="checkbox"
        />
        <div className="flex flex-wrap items-end gap-2">
          <div className="min-w-0 flex-1 basis-60 space-y-1">
            <label className="block font-medium" htmlFor={`reset-${handle}`}>
              Reason
            </label>
            <input
              autoComplete="off"
              className="min-h-8 w-full rounded-md border border-control bg-canvas px-3 text-sm"
              id={`reset-${handle}`}
              maxLength={500}
              name="reason"
              placeholder="Kept in the audit log"
              required
            />
          </div>
          <button
            className="inline-flex min-h-8 cursor-pointer items-center rounded-md border border-bad bg-bad-soft px-3 font-medium text-bad text-sm leading-5"
            disabled={busy}
            type="submit"
          >
            Reset
          </button>
        </div>
        <FormError error={error} />
      </form>
    </>
  );
}
