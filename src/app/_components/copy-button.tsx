'use client';

import Check from 'lucide-react/icons/check';
import Copy from 'lucide-react/icons/copy';
import { useEffect, useState } from 'react';

const SHOWN_FOR_MS = 2_000;

/** Copies a text; needs a script and is not shown without one. `label` says what is copied. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');

  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    setState((await write(text)) ? 'copied' : 'failed');
  };
  const said = { idle: '', copied: 'Copied', failed: 'Could not copy' }[state];
  return (
    <button
      aria-label={`Copy ${label}`}
      className="needs-script inline-flex size-7 shrink-0 cursor-pointer items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink"
      onClick={copy}
      title={said || `Copy ${label}`}
      type="button"
    >
      {state === 'copied' ? (
        <Check aria-hidden="true" className="text-good" size={14} />
      ) : (
        <Copy aria-hidden="true" size={14} />
      )}
      <span aria-live="polite" className="sr-only">
        {said}
      </span>
    </button>
  );
}

/** Browsers offer their clipboard to secure pages only; on plain http the old way still works. */
async function write(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.className = 'sr-only';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
