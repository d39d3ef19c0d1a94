import type { Answers } from '~/server/api/root';
import { errorAddress } from './address';

type Refusal = NonNullable<Answers['push']['get']['refusal']>;

/** Why a push changed nothing, and what to do about it. */
export function PushRefusal({ refusal }: { refusal: Refusal }) {
  const { code, message, fix } = refusal;
  return (
    <section
      aria-label="Why it changed nothing"
      className="breakable space-y-1 rounded-lg border border-bad bg-bad-soft px-4 py-3"
    >
      <p className="font-semibold text-bad">
        <code className="font-mono text-[0.8125rem]">{code}</code>
      </p>
      <p>
        <bdi>{message}</bdi>
      </p>
      {fix !== message && <p>{fix}</p>}
      <p className="text-xs">
        {refusal.retryable ? 'The same push may succeed later. ' : ''}
        <a className="link underline" href={errorAddress(code)}>
          What this code means
        </a>
      </p>
    </section>
  );
}
