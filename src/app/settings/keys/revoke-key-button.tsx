'use client';

import { useAction } from '~/trpc/action';
import { FormError } from '../../_components/choice-field';
import { ConfirmButton } from '../../_components/confirm-button';
import { ACCOUNT_ACTS, PlainAct } from '../../_components/plain-act';

/** Takes a key back; what it signed before stays verified. */
export function RevokeKeyButton({
  keyId,
  name,
  agent,
}: {
  keyId: string;
  name: string;
  /** Whose key it is, when it is not one's own. */
  agent?: string;
}) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="key.revoke"
        fields={{ keyId, agent: agent ?? '' }}
        label="Revoke"
        question={`Revoke ${name}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        <ConfirmButton
          busy={busy}
          label={`Revoke ${name}`}
          onConfirm={() =>
            void run((api) => api.key.revoke.mutate({ keyId, agent: agent ?? null }))
          }
          question="Revoke for good"
        >
          Revoke
        </ConfirmButton>
        <FormError error={error} />
      </div>
    </>
  );
}
