import { ERRORS, isErrorCode } from '~/wire/errors';

/** What was refused of a form that was sent without a script, as the address says after it. */
export function ActRefused({ code }: { code: string | null }) {
  if (code === null) return null;
  return (
    <p className="mb-4 rounded-lg border border-line bg-bad-soft px-4 py-3" role="alert">
      {isErrorCode(code) ? ERRORS[code].sentence : 'That was not done; try again.'}
    </p>
  );
}
