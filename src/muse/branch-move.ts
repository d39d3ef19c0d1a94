import type { Id } from './ids';
import { type Problem, problem } from './problem';

/** A branch before and after, and what the one who moves it asked for. */
export interface BranchMove {
  branch: string;
  /** null: the branch does not exist. */
  oldHead: Id | null;
  /** null: delete it. */
  newHead: Id | null;
  /** null: it must not exist; undefined: not asked. */
  expectedHead?: Id | null;
  force: boolean;
  /** Whether the new head is or reaches the old one; true where there is no old or new head. */
  containsOldHead: boolean;
}

/**
 * Decides what a move of a branch is, or why it may not be (docs/protocol.md §3, step 4).
 *
 * @returns the kind, or `stale-head`, `branch-not-found`, `non-fast-forward`. A move that could go
 * forward is `fast-forward`, even with force.
 */
export function decideMove(
  move: BranchMove,
): 'create' | 'fast-forward' | 'force' | 'delete' | 'noop' | Problem {
  const { branch, oldHead, newHead, expectedHead } = move;
  if (newHead !== null && newHead === oldHead) return 'noop';
  if (expectedHead !== undefined && expectedHead !== oldHead) {
    return problem('stale-head', { branch, current_head: oldHead, expected_head: expectedHead });
  }
  if (newHead === null) {
    return oldHead === null ? problem('branch-not-found', { branch }) : 'delete';
  }
  if (oldHead === null) return 'create';
  if (move.containsOldHead) return 'fast-forward';
  return move.force
    ? 'force'
    : problem('non-fast-forward', { branch, current_head: oldHead, head: newHead });
}
