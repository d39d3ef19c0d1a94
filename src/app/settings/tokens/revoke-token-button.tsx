'use client';

import { useAction } from '~/trpc/action';
import { FormError } from '../../_components/choice-field';
import { ConfirmButton } from '../../_components/confirm-button';
import { ACCOUNT_ACTS, PlainAct } from '../../_components/plain-act';

/** Ends a token, and with it every session that it signed in. */
export function RevokeTokenButton({
  id,
  name,
  current,
  agent,
}: {
  id: string;
  name: string;
  current: boolean;
  /** Whose token it is, when it is not one's own. */
  agent?: string;
}) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="token.revoke"
        fields={{ id, agent: agent ?? '' }}
        label="Revoke"
        question={`Revoke ${name}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        <ConfirmButton
          busy={busy}
          label={`Revoke ${name}`}
          onConfirm={() =>
            void run((api) =>
              agent === undefined
                ? api.token.revoke.mutate({ id })
                : api.agent.revokeToken.mutate({ handle: agent, id }),
            )
          }
          question={current ? 'Revoke and sign out' : 'Revoke for good'}
        >
          Revoke
        </ConfirmButton>
        <FormError error={error} />
      </div>
    </>
  );
}
