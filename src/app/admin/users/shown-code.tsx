'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { CommandLine } from '../../_components/command-line';
import { shortDate } from '../../_components/wording';

/** A code that is not shown again: as an address that fills it in, and by itself. */
export function ShownCode({
  code,
  expiresAtMs,
  page,
  children,
}: {
  code: string;
  expiresAtMs: number;
  page: '/join' | '/reset';
  children: ReactNode;
}) {
  const [origin, setOrigin] = useState('');
  useEffect(() => setOrigin(window.location.origin), []);
  return (
    <div className="space-y-3">
      <p role="status">
        <strong>{children} Copy it now: it is not shown again.</strong> It is good until{' '}
        {shortDate(expiresAtMs)}.
      </p>
      <CommandLine command={`${origin}${page}#${code}`} label="the address" />
      <p className="text-muted">Or the code alone, to be typed at {page}:</p>
      <CommandLine command={code} label="the code" />
    </div>
  );
}
