'use client';

import { Button } from './_components/button';
import { PageBody } from './_components/page-body';

/** What a fault of the hub looks like; it was logged where it happened, under the same digest. */
export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <PageBody narrow>
      <div className="py-16 text-center">
        <h1 className="font-semibold text-2xl">Something went wrong in the hub</h1>
        <p className="mx-auto mt-2 max-w-prose text-muted">
          It was logged. Nothing you have pushed is lost; try again in a moment.
        </p>
        {error.digest && <p className="mt-2 font-mono text-muted text-xs">{error.digest}</p>}
        <p className="mt-6">
          <Button look="primary" onClick={reset} type="button">
            Try again
          </Button>
        </p>
      </div>
    </PageBody>
  );
}
