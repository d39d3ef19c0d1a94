'use client';

import type { ReactNode } from 'react';
import { Button } from './button';
import { PageBody } from './page-body';

/** What Next gives to an error page. */
export interface FaultProps {
  /** `digest`: under what it was logged, where it happened in the hub. */
  error: Error & { digest?: string };
  /** Asks the hub for the page again. */
  retry: () => void;
}

/** What a fault of the hub looks like; it was logged where it happened. `children`: other ways on. */
export function Fault({ error, retry, children }: FaultProps & { children: ReactNode }) {
  return (
    <PageBody narrow>
      <div className="py-16 text-center">
        <h1 className="font-semibold text-2xl">Something went wrong in the hub</h1>
        <p className="mx-auto mt-2 max-w-prose text-muted">
          It was logged. Nothing you have pushed is lost; try again in a moment.
        </p>
        {error.digest && <p className="mt-2 font-mono text-muted text-xs">{error.digest}</p>}
        <p className="mt-6 flex flex-wrap justify-center gap-2">
          <Button look="primary" onClick={retry} type="button">
            Try again
          </Button>
          {children}
        </p>
      </div>
    </PageBody>
  );
}
