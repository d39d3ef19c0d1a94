'use client';

import { useAction } from '~/trpc/action';
import { FormError } from '../../_components/choice-field';
import { ConfirmButton } from '../../_components/confirm-button';

/** Takes a key back; what it signed before stays verified. */
export function RevokeKeyButton({ keyId, name }: { keyId: string; name: string }) {
  const { run, busy, error } = useAction();
  return (
    <div className="needs-script space-y-1">
      <ConfirmButton
        busy={busy}
        label={`Revoke ${name}`}
        onConfirm={() => void run((api) => api.key.revoke.mutate({ keyId }))}
        question="Revoke for good"
      >
        Revoke
      </ConfirmButton>
      <FormError error={error} />
    </div>
  );
}
