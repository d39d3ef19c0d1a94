'use client';

import { useAction } from '~/trpc/action';
import { Button } from '../../../_components/button';
import { FormError } from '../../../_components/choice-field';
import { ConfirmButton } from '../../../_components/confirm-button';
import { ACCOUNT_ACTS, PlainAct } from '../../../_components/plain-act';

/** Disables one's agent, or enables it again. */
export function AgentSwitch({ handle, disabled }: { handle: string; disabled: boolean }) {
  const { run, busy, error } = useAction();
  const set = (wanted: boolean) =>
    void run((api) => api.agent.setDisabled.mutate({ handle, disabled: wanted }));
  return (
    <>
      <PlainAct
        act={disabled ? 'agent.enable' : 'agent.disable'}
        fields={{ handle }}
        label={disabled ? 'Enable' : 'Disable'}
        question={`${disabled ? 'Enable' : 'Disable'} ${handle}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        {disabled ? (
          <Button disabled={busy} onClick={() => set(false)} type="button">
            Enable
          </Button>
        ) : (
          <ConfirmButton
            busy={busy}
            label={`Disable ${handle}`}
            onConfirm={() => set(true)}
            question="Disable it"
          >
            Disable
          </ConfirmButton>
        )}
        <FormError error={error} />
      </div>
    </>
  );
}
