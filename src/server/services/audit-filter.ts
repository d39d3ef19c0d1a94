import { AUDIT_ACTIONS } from '~/server/ports/audit-log';
import type { AuditFilter } from './list-audit';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NAME_CHARACTERS_MAX = 40;

/**
 * The filter that an address says: `actor`, `action`, `repository` (`owner/name`), and the days
 * `from` and `to` of UTC, both included. What it says wrong counts as not said.
 */
export function readAuditFilter(read: (name: string) => string | null): AuditFilter {
  const dayMs = (name: string): number | null => {
    const day = read(name) ?? '';
    const atMs = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    return Number.isNaN(atMs) ? null : atMs;
  };
  const lastDayMs = dayMs('to');
  const [owner = '', slug = '', ...rest] = (read('repository') ?? '').trim().split('/');
  return {
    actor: read('actor')?.trim().slice(0, NAME_CHARACTERS_MAX) || null,
    action: AUDIT_ACTIONS.find((action) => action === read('action')) ?? null,
    repository: owner && slug && rest.length === 0 ? { owner, slug } : null,
    fromMs: dayMs('from'),
    untilMs: lastDayMs === null ? null : lastDayMs + DAY_MS,
  };
}
