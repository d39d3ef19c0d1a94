import type { PushPhase } from '~/wire/frames';
import type { PhaseTimes, PushCounts } from '../ports/push-store';

/** What is told while a push runs; one object throughout, growing. */
export interface PushProgress extends PushCounts {
  phase: PushPhase;
  phases: PhaseTimes;
}

/** The phases of a push, in their order. */
export const PUSH_PHASES: readonly PushPhase[] = ['receiving', 'checking', 'storing', 'applying'];

export function newProgress(): PushProgress {
  const counts = { objects: 0, objectsReused: 0, commits: 0, bytesReceived: 0 };
  return { phase: 'receiving', phases: {}, ...counts };
}

/** The phase before is over; how long it took is what the push has lasted beyond those before it. */
export function enterPhase(progress: PushProgress, phase: PushPhase, lastedMs: number): void {
  progress.phases[progress.phase] = Math.max(0, lastedMs - totalMs(progress.phases));
  progress.phase = phase;
}

/** A phase that a push came to, and how long it was in it; null while it is. */
export interface ShownPhase {
  phase: PushPhase;
  ms: number | null;
}

/**
 * The phases that a push came to, from what its row has: the times of those that are over, and of
 * the last one what remains of the whole. Empty when the row has none.
 */
export function shownPhases(push: {
  phases: PhaseTimes | null;
  outcome: string;
  durationMs: number | null;
}): ShownPhase[] {
  const { phases, durationMs } = push;
  if (phases === null) return [];
  const over = PUSH_PHASES.filter((phase) => phases[phase] !== undefined);
  const last = PUSH_PHASES[over.length];
  const shown: ShownPhase[] = over.map((phase) => ({ phase, ms: phases[phase] ?? 0 }));
  if (last === undefined) return shown;
  const ended = push.outcome !== 'receiving' && durationMs !== null;
  return [...shown, { phase: last, ms: ended ? Math.max(0, durationMs - totalMs(phases)) : null }];
}

const totalMs = (phases: PhaseTimes): number =>
  Object.values(phases).reduce((total, ms) => total + ms, 0);
