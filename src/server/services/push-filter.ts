import type { PushFilter, PushState } from '~/server/ports/browse-store';
import type { PushKind } from '~/wire/frames';
import { ANY_PUSH } from './list-pushes';

export const PUSH_KINDS = ['create', 'fast-forward', 'force', 'delete', 'noop'] as const;
export const PUSH_STATES = ['accepted', 'refused', 'failed', 'receiving'] as const;

const DAY_MS = 24 * 60 * 60 * 1000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TEXT_CHARACTERS_MAX = 255;

/**
 * The filter that an address says: `branch`, `actor`, `by` (human or agent), `kind`, `outcome`, and
 * the days `from` and `to` of UTC, both included. What it says wrong counts as not said.
 */
export function readPushFilter(read: (name: string) => string | null): PushFilter {
  const text = (name: string) => read(name)?.trim().slice(0, TEXT_CHARACTERS_MAX) || null;
  const dayMs = (name: string): number | null => {
    const day = read(name) ?? '';
    const atMs = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    return Number.isNaN(atMs) ? null : atMs;
  };
  const lastDayMs = dayMs('to');
  return {
    ...ANY_PUSH,
    branch: text('branch'),
    actor: text('actor'),
    actorKind: oneOf(read('by'), ['human', 'agent'] as const),
    kind: oneOf<PushKind>(read('kind'), PUSH_KINDS),
    outcome: oneOf<PushState>(read('outcome'), PUSH_STATES),
    fromMs: dayMs('from'),
    toMs: lastDayMs === null ? null : lastDayMs + DAY_MS,
  };
}

const oneOf = <T extends string>(text: string | null, allowed: readonly T[]): T | null =>
  allowed.find((word) => word === text) ?? null;
