'use client';

import { type ReactNode, useState } from 'react';
import { Button } from './button';

/** A button for what cannot be taken back: the first click asks, the second does. */
export function ConfirmButton({
  children,
  question,
  label,
  busy,
  onConfirm,
}: {
  children: ReactNode;
  /** On the second button, e.g. `Revoke for good`. */
  question: string;
  /** What it is about, for those who do not see the row. */
  label: string;
  busy: boolean;
  onConfirm: () => void;
}) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <Button aria-label={label} onClick={() => setAsking(true)} type="button">
        {children}
      </Button>
    );
  }
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <button
        aria-label={`${question}: ${label}`}
        className="inline-flex min-h-8 cursor-pointer items-center rounded-md border border-bad bg-bad-soft px-3 font-medium text-bad text-sm leading-5 disabled:opacity-60"
        disabled={busy}
        onClick={onConfirm}
        // The focus would be lost with the first button.
        ref={(button) => button?.focus()}
        type="button"
      >
        {question}
      </button>
      <Button onClick={() => setAsking(false)} type="button">
        Keep
      </Button>
    </span>
  );
}
