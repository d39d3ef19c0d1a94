import type { ReactNode } from 'react';
import { ACCOUNT_PROBLEMS, isAccountProblem } from '~/server/services/account-problem';
import { REASON_MAX_CHARS } from '~/server/services/expect-hub-admin';
import { ERRORS, isErrorCode } from '~/wire/errors';
import { Button } from '../_components/button';
import { param, type SearchParams } from '../_components/search-params';
import type { AdminAct } from './act/route';

/** What an act of an admin is sent with: which, where to go back to, and why. Works without a script. */
export function ActForm({
  act,
  back,
  id,
  button,
  danger = false,
  children,
}: {
  act: AdminAct;
  back: string;
  /** Of the reason's field, unique on the page. */
  id: string;
  button: string;
  /** Whether it takes something away. */
  danger?: boolean;
  children?: ReactNode;
}) {
  return (
    <form action="/admin/act" className="space-y-3" method="post">
      <input name="act" type="hidden" value={act} />
      <input name="back" type="hidden" value={back} />
      {children}
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-0 flex-1 basis-60 space-y-1">
          <label className="block font-medium" htmlFor={id}>
            Reason
          </label>
          <input
            autoComplete="off"
            className="min-h-8 w-full rounded-md border border-control bg-canvas px-3 text-sm"
            id={id}
            maxLength={REASON_MAX_CHARS}
            name="reason"
            placeholder="Kept in the audit log"
            required
          />
        </div>
        {danger ? (
          <button
            className="inline-flex min-h-8 cursor-pointer items-center rounded-md border border-bad bg-bad-soft px-3 font-medium text-bad text-sm leading-5"
            type="submit"
          >
            {button}
          </button>
        ) : (
          <Button look="primary">{button}</Button>
        )}
      </div>
    </form>
  );
}

/** What became of an act, as the address says after it. */
export async function ActOutcome({ searchParams }: { searchParams: SearchParams }) {
  const [done, refused] = await Promise.all([
    param(searchParams, 'done'),
    param(searchParams, 'refused'),
  ]);
  if (refused !== null) {
    return (
      <p className="mb-4 rounded-lg border border-line bg-bad-soft px-4 py-3" role="alert">
        {sentenceOf(refused)}
      </p>
    );
  }
  if (done === null || !/^\d{1,6}$/.test(done)) return null;
  return (
    <p className="mb-4 rounded-lg border border-line bg-good-soft px-4 py-3" role="status">
      Done{Number(done) > 1 && ` ${done} times`}; it is in the{' '}
      <a className="link underline" href="/admin/audit">
        audit log
      </a>
      .
    </p>
  );
}

function sentenceOf(refused: string): string {
  if (isAccountProblem(refused)) return ACCOUNT_PROBLEMS[refused].sentence;
  return isErrorCode(refused) ? ERRORS[refused].sentence : 'That was not done; try again.';
}
