/** Conditional and range requests (RFC 9110 §13, §14), as far as stored objects and refs need them. Pure. */

/** Whether an If-None-Match header holds this strong ETag; weak comparison, as the header has it. */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}

export type RangeDecision =
  | { kind: 'whole' }
  /** `end` exclusive. */
  | { kind: 'part'; start: number; end: number }
  | { kind: 'unsatisfiable' };

const WHOLE: RangeDecision = { kind: 'whole' };
const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What part of `size` bytes a request asks for. A header that is malformed, asks for several ranges
 * or belongs to another version (If-Range) is passed over, as the standard allows.
 */
export function decideRange(
  header: string | null,
  ifRange: string | null,
  size: number,
  etag: string,
): RangeDecision {
  const match = header === null ? null : ONE_RANGE.exec(header.trim());
  if (!match || (ifRange !== null && ifRange.trim() !== etag)) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return WHOLE;
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', start: size - suffix, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return WHOLE;
  if (start >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
