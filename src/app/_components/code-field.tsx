'use client';

import { useEffect, useRef } from 'react';
import { TextField } from './form-field';

/**
 * The field for the code of an invitation. A link carries the code behind its `#`, which browsers
 * keep to themselves; it is put in here and taken out of the address. Without a script it is pasted.
 */
export function CodeField({ error }: { error: string | null }) {
  const around = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const code = window.location.hash.slice(1);
    if (!code.startsWith('muse_inv_')) return;
    const input = around.current?.querySelector('input');
    if (input) input.value = code;
    window.history.replaceState(null, '', window.location.pathname);
  }, []);
  return (
    <div ref={around}>
      <TextField
        autoCapitalize="none"
        autoComplete="off"
        error={error}
        hint="It begins with muse_inv_."
        id="code"
        label="Code"
        maxLength={200}
        name="code"
        required
        spellCheck={false}
      />
    </div>
  );
}
