/**
 * What is wrong with something a peer sent, as a value: the pure checks of this room return it and
 * never throw it. The codes are those of the closed list in docs/protocol.md §5 that a check of
 * objects, snapshots, commits and branches can give.
 */

export type ProblemCode =
  | 'bad-commit'
  | 'bad-path'
  | 'branch-not-found'
  | 'commit-cycle'
  | 'commit-id-mismatch'
  | 'head-missing'
  | 'limit-exceeded'
  | 'non-fast-forward'
  | 'object-decode-failed'
  | 'object-hash-mismatch'
  | 'object-size-mismatch'
  | 'parent-missing'
  | 'signature-invalid'
  | 'signature-required'
  | 'snapshot-missing'
  | 'stale-head'
  | 'unreachable-commit'
  | 'unsupported-encoding';

export interface Problem {
  code: ProblemCode;
  /** What it is about: an id, a path, a limit …; JSON values only. */
  detail: Record<string, unknown>;
  /** One sentence for the peer; the code's own sentence when absent. */
  message?: string;
}

/** Makes a problem. */
export function problem(
  code: ProblemCode,
  detail: Record<string, unknown> = {},
  message?: string,
): Problem {
  return message === undefined ? { code, detail } : { code, detail, message };
}

/** Whether the result of a check is a problem; no other result of this room has `code` and `detail`. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
}
