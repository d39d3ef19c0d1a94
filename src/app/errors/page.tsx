import type { Metadata } from 'next';
import { ERRORS } from '~/wire/errors';
import { PageBody } from '../_components/page-body';

export const metadata: Metadata = { title: 'Error codes' };

/** Every code with which this hub says no, and what to do about it. */
export default function ErrorsPage() {
  return (
    <PageBody>
      <h1 className="mb-1 font-semibold text-lg">Error codes</h1>
      <p className="mb-4 max-w-prose text-muted">
        Every answer of this hub that says no carries one of these codes. A retry sends the same
        again, unchanged.
      </p>
      <dl className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {Object.entries(ERRORS).map(([code, { status, retryable, sentence }]) => (
          <div className="px-4 py-2.5 target:bg-accent-soft" id={code} key={code}>
            <dt className="flex flex-wrap items-baseline gap-x-3">
              <a className="link font-mono text-[0.8125rem]" href={`#${code}`}>
                {code}
              </a>
              <span className="text-muted text-xs">
                status {status} · {retryable ? 'a retry may help' : 'a retry does not help'}
              </span>
            </dt>
            <dd>{sentence}</dd>
          </div>
        ))}
      </dl>
    </PageBody>
  );
}
