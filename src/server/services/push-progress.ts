import type { PushPhase } from '~/wire/frames';
import type { PushCounts } from '../ports/push-store';

/** What is told while a push runs; one object throughout, growing. */
export interface PushProgress extends PushCounts {
  phase: PushPhase;
}

export function newProgress(): PushProgress {
  return { phase: 'receiving', objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 };
}
