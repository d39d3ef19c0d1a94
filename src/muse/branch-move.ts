import type { Id } from './ids';
import { type Problem, problem } from './problem';

/** What the rules over one branch and the role of the one who pushes allow together. */
export interface MoveRules {
  mayPush: boolean;
  allowForce: boolean;
  allowDelete: boolean;
}

/** No rule is over the branch. */
export const FREE_MOVES: Readonly<MoveRules> = Object.freeze({
  mayPush: true,
  allowForce: true,
  allowDelete: true,
});

export interface BranchMove {
  /** What the branch points at; null: it does not exist. */
  oldHead: Id | null;
  /** What it shall point at; null: it shall be deleted. */
  head: Id | null;
  /** What the client saw last; null: no branch; undefined: it does not say. */
  expectedHead: Id | null | undefined;
  force: boolean;
  /** Whether the head reaches the old head, through any parent. */
  oldIsAncestor: boolean;
  rules: MoveRules;
}

export type MoveKind = 'create' | 'fast-forward' | 'force' | 'delete' | 'noop';

/**
 * Decides how a branch moves (docs/protocol.md §3, steps 1 and 4). Before the history is known call
 * it with `oldIsAncestor: true`: what it then refuses would be refused in any case.
 *
 * @returns the kind, or `branch-protected`, `stale-head` (with `current_head`), `branch-not-found`,
 * `bad-frame` (force without `expected_head`), `non-fast-forward`. A branch that is there already
 * is `noop`, whatever else was asked: the push was repeated.
 */
export function decideMove(move: BranchMove): { kind: MoveKind } | Problem {
  const { oldHead, head, expectedHead, force, rules } = move;
  if (head !== null && head === oldHead) return { kind: 'noop' };
  if (!rules.mayPush) return problem('branch-protected', { rule: 'push' });
  if (force && expectedHead === undefined)
    return problem(
      'bad-frame',
      { field: 'expected_head' },
      'A push with force must say which head it expects to replace.',
    );
  if (head === null && oldHead === null) return problem('branch-not-found');
  if (expectedHead !== undefined && expectedHead !== oldHead)
    return problem('stale-head', { expected_head: expectedHead, current_head: oldHead });
  if (head === null)
    return rules.allowDelete ? { kind: 'delete' } : problem('branch-protected', { rule: 'delete' });
  if (oldHead === null) return { kind: 'create' };
  if (move.oldIsAncestor) return { kind: 'fast-forward' };
  if (!force) return problem('non-fast-forward', { current_head: oldHead, head });
  return rules.allowForce ? { kind: 'force' } : problem('branch-protected', { rule: 'force' });
}
