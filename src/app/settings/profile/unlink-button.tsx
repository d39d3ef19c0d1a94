'use client';

import { useAction } from '~/trpc/action';
import { FormError } from '../../_components/choice-field';
import { ConfirmButton } from '../../_components/confirm-button';
import { ACCOUNT_ACTS, PlainAct } from '../../_components/plain-act';

/** Takes the sign-in of another site away from one's account. */
export function UnlinkButton({
  provider,
  subject,
  site,
}: {
  provider: string;
  subject: string;
  site: string;
}) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="login.unlink"
        fields={{ provider, subject }}
        label="Unlink"
        question={`Unlink ${site}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        <ConfirmButton
          busy={busy}
          label={`Unlink ${site}`}
          onConfirm={() => void run((api) => api.account.unlinkLogin.mutate({ provider, subject }))}
          question="Unlink it"
        >
          Unlink
        </ConfirmButton>
        <FormError error={error} />
      </div>
    </>
  );
}
