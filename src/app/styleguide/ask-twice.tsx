'use client';

import { ConfirmButton } from '../_components/confirm-button';

/** A button that asks before it does something, and here does nothing. */
export function AskTwice() {
  return (
    <ConfirmButton busy={false} label="Delete it" onConfirm={() => undefined} question="For good">
      Delete
    </ConfirmButton>
  );
}
