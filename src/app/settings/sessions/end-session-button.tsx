'use client';

import { useAction } from '~/trpc/action';
import { FormError } from '../../_components/choice-field';
import { ConfirmButton } from '../../_components/confirm-button';
import { ACCOUNT_ACTS, PlainAct } from '../../_components/plain-act';
import { counted } from '../../_components/wording';

/** Signs one browser out. */
export function EndSessionButton({
  id,
  device,
  current,
}: {
  id: string;
  device: string;
  current: boolean;
}) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="session.end"
        fields={{ id }}
        label="Sign out"
        question={`Sign out ${device}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        <ConfirmButton
          busy={busy}
          label={`Sign out ${device}`}
          onConfirm={() => void run((api) => api.session.end.mutate({ id }))}
          question={current ? 'Sign out here' : 'Sign it out'}
        >
          Sign out
        </ConfirmButton>
        <FormError error={error} />
      </div>
    </>
  );
}

/** Signs every browser but this one out. */
export function EndOthersButton({ count }: { count: number }) {
  const { run, busy, error } = useAction();
  return (
    <>
      <PlainAct
        act="session.end-others"
        label="Sign out everywhere else"
        question={`Sign out ${counted(count, 'other session')}`}
        to={ACCOUNT_ACTS}
      />
      <div className="needs-script space-y-1">
        <ConfirmButton
          busy={busy}
          label={`Sign out ${counted(count, 'other session')}`}
          onConfirm={() => void run((api) => api.session.endOthers.mutate())}
          question="Sign them out"
        >
          Sign out everywhere else
        </ConfirmButton>
        <FormError error={error} />
      </div>
    </>
  );
}
