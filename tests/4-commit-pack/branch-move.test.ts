import { describe, expect, it } from 'vitest';
import { type BranchMove, decideMove } from '~/muse/branch-move';
import { isProblem } from '~/muse/problem';

const move = (fields: Partial<BranchMove>): BranchMove => ({
  branch: 'main',
  oldHead: 'a',
  newHead: 'b',
  force: false,
  containsOldHead: true,
  ...fields,
});

describe('how a branch moves', () => {
  it.each<[string, Partial<BranchMove>, string]>([
    ['a new branch', { oldHead: null }, 'create'],
    ['a new branch that must be new', { oldHead: null, expectedHead: null }, 'create'],
    ['a head that contains the old one', {}, 'fast-forward'],
    ['the same, seen before', { expectedHead: 'a' }, 'fast-forward'],
    ['the same, with force that is not needed', { force: true, expectedHead: 'a' }, 'fast-forward'],
    [
      'another history, with force',
      { force: true, expectedHead: 'a', containsOldHead: false },
      'force',
    ],
    ['no head', { newHead: null }, 'delete'],
    ['no head, seen before', { newHead: null, expectedHead: 'a' }, 'delete'],
    ['the head that is there', { newHead: 'a' }, 'noop'],
    // The answer to the first try was lost: the client still expects what was there before it.
    ['the head that is there, sent again', { newHead: 'a', expectedHead: 'z' }, 'noop'],
    ['the head that is there, sent again as new', { newHead: 'a', expectedHead: null }, 'noop'],
  ])('%s: %o → %s', (_, fields, kind) => {
    expect(decideMove(move(fields))).toBe(kind);
  });

  it.each<[string, Partial<BranchMove>, string]>([
    ['another head than expected', { expectedHead: 'z' }, 'stale-head'],
    ['a branch that must be new and is not', { expectedHead: null }, 'stale-head'],
    ['a branch that is gone', { oldHead: null, expectedHead: 'a' }, 'stale-head'],
    ['another head than expected, with force', { expectedHead: 'z', force: true }, 'stale-head'],
    ['deleting another head than expected', { newHead: null, expectedHead: 'z' }, 'stale-head'],
    ['deleting what is not there', { oldHead: null, newHead: null }, 'branch-not-found'],
    ['another history', { containsOldHead: false }, 'non-fast-forward'],
    [
      'another history, seen before',
      { expectedHead: 'a', containsOldHead: false },
      'non-fast-forward',
    ],
  ])('is refused: %s: %o → %s', (_, fields, code) => {
    expect(decideMove(move(fields))).toMatchObject({ code });
  });

  it('names the head that is there when it refuses', () => {
    for (const fields of [{ expectedHead: 'z' }, { containsOldHead: false }]) {
      const refused = decideMove(move(fields));
      expect(isProblem(refused) && refused.detail.current_head).toBe('a');
    }
  });
});
