'use client';

import { useSyncExternalStore } from 'react';
import { type LiveProgress, onProgress, progressOf } from './push-progress-store';
import { bytes, counted } from './wording';

/** How far a push under way has come: as the page was made with, then as the hub tells. */
export function LiveCounts({ id, first }: { id: string; first: LiveProgress }) {
  const told = useSyncExternalStore(
    onProgress,
    () => progressOf(id),
    () => undefined,
  );
  const { phase, objects, commits, bytesReceived } = told ?? first;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3">
      <span className="inline-flex items-center gap-1.5 font-medium text-accent">
        <span aria-hidden="true" className="live-dot size-2 rounded-full bg-current" />
        {phase}
      </span>
      <span className="tabular-nums">{counted(commits, 'commit')}</span>
      <span className="tabular-nums">{counted(objects, 'object')}</span>
      <span className="tabular-nums" title="bytes received">
        {bytes(bytesReceived)}
      </span>
    </span>
  );
}
