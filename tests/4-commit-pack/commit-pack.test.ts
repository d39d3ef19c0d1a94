import { describe, expect, it } from 'vitest';
import type { Commit } from '~/muse/commit';
import { commitIdsOf } from '~/muse/commit-id';
import {
  type CommitFacts,
  type CommitPack,
  checkCommitPack,
  commitFacts,
  factsNeeded,
  type PackFacts,
  type PackPlan,
} from '~/muse/commit-pack';
import { isProblem, type Problem } from '~/muse/problem';

/**
 * A pack from lines such as `m < a b : s2`: commit m has the parents a and b and snapshot s2 (s1
 * where none is given). Ids are the names: what follows is about their links alone.
 */
function draw(head: string | null, drawing: string, snapshots = ['s1']): CommitPack {
  const lines = drawing.trim() === '' ? [] : drawing.trim().split('\n');
  return {
    head,
    commits: lines.map((line): CommitFacts => {
      const [links = '', snapshotId = 's1'] = line.split(':').map((part) => part.trim());
      const [id = '', parents = ''] = links.split('<').map((part) => part.trim());
      const parentIds = parents.split(' ').filter(Boolean);
      return { id, snapshotId, parents: parentIds, idForm: 'four', laterSchema: false };
    }),
    snapshots: new Map(snapshots.map((id) => [id, { laterSchema: false }])),
  };
}

/** Stored commits with their generations, stored snapshots. */
const stored = (commits: Record<string, number> = {}, snapshots: string[] = []): PackFacts => ({
  commits: new Map(Object.entries(commits).map(([id, generation]) => [id, { generation }])),
  snapshots: new Set(snapshots),
});

function planned(result: PackPlan | Problem): PackPlan {
  if (isProblem(result)) throw new Error(`${result.code} ${JSON.stringify(result.detail)}`);
  return result;
}

const shape = (plan: PackPlan) =>
  plan.commits.map(({ commit, generation }) => `${commit.id}${generation}`).join(' ');

const commit = (fields: Partial<Commit> = {}): Commit => {
  const whole = {
    id: '',
    snapshotId: '5'.repeat(64),
    parents: [],
    message: 'feat: a commit',
    committedAt: '2026-04-16T12:00:00+00:00',
    author: 'ada',
    branch: 'main',
    semVerBump: 'none',
    breakingChanges: [],
    agentId: '',
    modelId: '',
    toolchainId: '',
    promptHash: '',
    signature: '',
    signerKeyId: '',
    signerPublicKey: '',
    formatVersion: 5,
    reviewedBy: [],
    testRuns: 0,
    ...fields,
  };
  return { ...whole, id: fields.id ?? commitIdsOf(whole).four };
};

describe('the facts of a commit', () => {
  it('name the derivation that its id follows', () => {
    expect(commitFacts(commit())).toMatchObject({ idForm: 'four', laterSchema: false });
    const six = commitIdsOf(commit()).six;
    expect(commitFacts(commit({ id: six }))).toMatchObject({ id: six, idForm: 'six' });
    expect(commitFacts(commit({ id: 'f'.repeat(64) }))).toMatchObject({ idForm: null });
  });

  it('say whether the record is of a later schema', () => {
    for (const [formatVersion, later] of [
      [null, false],
      [5, false],
      [6, true],
      [99, true],
    ] as const)
      expect(commitFacts(commit({ formatVersion }))).toMatchObject({ laterSchema: later });
  });

  it.each(['message', 'committedAt', 'author', 'signerPublicKey'] as const)(
    'are refused when %s holds a NUL, whatever the id',
    (field) => {
      expect(commitFacts(commit({ [field]: 'a\0b' }))).toMatchObject({ code: 'bad-commit' });
    },
  );
});

describe('the facts that a pack needs', () => {
  it('are the parents, snapshots and head that are not in it', () => {
    //  p ← a ← b      p is stored; a has a snapshot that was not sent
    expect(factsNeeded(draw('b', 'b < a\na < p : old'))).toEqual({
      commits: ['p'],
      snapshots: ['old'],
      boundary: ['p'],
      unreached: [],
    });
  });

  it('are none for a history that is whole', () => {
    const needed = factsNeeded(draw('m', 'a\nb < a\nc < a\nm < b c'));
    expect(needed).toEqual({ commits: [], snapshots: [], boundary: [], unreached: [] });
  });

  it('name a head that was not sent, and commits that it does not lead to', () => {
    expect(factsNeeded(draw('h', 'a < p'))).toEqual({
      commits: ['p', 'h'],
      snapshots: [],
      boundary: ['h'],
      unreached: ['a'],
    });
  });

  it('are none for a branch that is deleted', () => {
    expect(factsNeeded(draw(null, ''))).toMatchObject({ commits: [], boundary: [] });
  });
});

describe('a pack that may be applied', () => {
  it('is planned parents first, with generations on top of the stored ones', () => {
    //  p4 ← a ← b ← m      p and q are stored
    //        q7 ← c ↙
    const plan = planned(
      checkCommitPack(draw('m', 'm < b c\nb < a\nc < q\na < p'), stored({ p: 4, q: 7 })),
    );
    expect(shape(plan)).toBe('a5 b6 c8 m9');
    expect(plan.boundary.toSorted()).toEqual(['p', 'q']);
  });

  it('may have several roots, and one snapshot for many commits', () => {
    const plan = planned(checkCommitPack(draw('m', 'a\nb\nm < a b'), stored()));
    expect(shape(plan)).toBe('a1 b1 m2');
    expect(plan.boundary).toEqual([]);
  });

  it('may take its snapshots from the stream or from the repository', () => {
    const pack = draw('b', 'a : s1\nb < a : s2', ['s2']);
    expect(shape(planned(checkCommitPack(pack, stored({}, ['s1']))))).toBe('a1 b2');
  });

  it('may bring nothing but a head that is stored', () => {
    const plan = planned(checkCommitPack(draw('h', ''), stored({ h: 3 })));
    expect([plan.commits, plan.boundary]).toEqual([[], ['h']]);
  });

  it('tells what its head reaches, at the boundary too', () => {
    const plan = planned(checkCommitPack(draw('b', 'a < p\nb < a'), stored({ p: 1 })));
    expect(['b', 'a', 'p', 'x'].map((id) => plan.reaches(id))).toEqual([true, true, true, false]);
  });

  it('may send a stored commit again that its head reaches through stored ones only', () => {
    //  a ← p ← b      a and p are stored; a comes again, with more reviews
    const pack = draw('b', 'a\nb < p');
    const facts = stored({ a: 1, p: 2 });
    expect(factsNeeded(pack)).toMatchObject({ boundary: ['p'], unreached: ['a'] });
    expect(checkCommitPack(pack, facts)).toMatchObject({ code: 'unreachable-commit' });
    const known = { ...facts, reachedThroughStored: new Set(['a']) };
    expect(shape(planned(checkCommitPack(pack, known)))).toBe('a1 b3');
  });

  it('of a later schema is taken with ids that are marked as not verified', () => {
    const [one, two] = draw('b', 'a\nb < a : s2', ['s1', 's2']).commits;
    const commits = [
      { ...one!, idForm: null, laterSchema: true },
      { ...two!, idForm: null },
    ];
    const snapshots = new Map([
      ['s1', { laterSchema: false }],
      ['s2', { laterSchema: true }],
    ]);
    const plan = planned(checkCommitPack({ head: 'b', commits, snapshots }, stored()));
    expect(plan.commits.map(({ idVerified }) => idVerified)).toEqual([false, false]);
  });

  it('may be a chain of 50,000 commits', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `c${i}${i ? ` < c${i - 1}` : ' < p'}`);
    const pack = draw('c49999', lines.reverse().join('\n'));
    const started = performance.now();
    const plan = planned(checkCommitPack(pack, stored({ p: 10 })));
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(plan.commits.at(-1)).toMatchObject({ generation: 50_010, idVerified: true });
    expect(plan.boundary).toEqual(['p']);
  });
});

describe('a pack is refused', () => {
  it.each<[string, CommitPack, PackFacts, Problem]>([
    [
      'when a commit is sent twice',
      draw('a', 'a\na'),
      stored(),
      { code: 'bad-commit', detail: { commit_id: 'a', reason: 'is sent twice' } },
    ],
    [
      'when the commits form a cycle',
      draw('a', 'a < b\nb < a'),
      stored(),
      { code: 'commit-cycle', detail: { commit_id: 'a' } },
    ],
    [
      'when a parent is neither sent nor stored',
      draw('b', 'a < p\nb < a q'),
      stored({ p: 1 }),
      { code: 'parent-missing', detail: { commit_id: 'b', parent_id: 'q' } },
    ],
    [
      'when a snapshot is neither sent nor stored',
      draw('b', 'a : s1\nb < a : s2'),
      stored(),
      { code: 'snapshot-missing', detail: { commit_id: 'b', snapshot_id: 's2' } },
    ],
    [
      'when the head is neither sent nor stored',
      draw('h', ''),
      stored({ p: 1 }),
      { code: 'head-missing', detail: { head: 'h' } },
    ],
    [
      'when the head does not reach a commit',
      draw('b', 'a\nb < a\nx < a'),
      stored(),
      { code: 'unreachable-commit', detail: { commit_id: 'x', head: 'b' } },
    ],
    [
      'when it brings commits to a branch that is deleted',
      draw(null, 'a'),
      stored(),
      { code: 'unreachable-commit', detail: { commit_id: 'a', head: null } },
    ],
  ])('%s', (_, pack, facts, refusal) => {
    expect(checkCommitPack(pack, facts)).toEqual(refusal);
  });

  it('when an id follows no derivation', () => {
    const pack = draw('b', 'a\nb < a');
    const commits = [pack.commits[0]!, { ...pack.commits[1]!, idForm: null }];
    expect(checkCommitPack({ ...pack, commits }, stored())).toEqual({
      code: 'commit-id-mismatch',
      detail: { commit_id: 'b' },
    });
  });

  it('for the first broken rule, in the order of the protocol', () => {
    // Everything is wrong at once; each rule is mended in turn.
    const wrong = draw('h', 'a\nx < y : s2\ny < x p');
    const badId = { ...wrong.commits[0]!, idForm: null };
    const steps: [CommitPack, PackFacts][] = [
      [{ ...wrong, commits: [badId, ...wrong.commits.slice(1)] }, stored()],
      [wrong, stored()],
      [draw('h', 'a\nx : s2\ny < x p'), stored()],
      [draw('h', 'a\nx : s2\ny < x p'), stored({ p: 1 })],
      [draw('h', 'a\nx : s2\ny < x p'), stored({ p: 1 }, ['s2'])],
      [draw('h', 'a\nx : s2\ny < x p'), stored({ p: 1, h: 2 }, ['s2'])],
      [draw('y', 'x : s2\ny < x p'), stored({ p: 1, h: 2 }, ['s2'])],
    ];
    const outcomes = steps.map(([pack, facts]) => checkCommitPack(pack, facts));
    expect(outcomes.map((outcome) => (isProblem(outcome) ? outcome.code : 'planned'))).toEqual([
      'commit-id-mismatch',
      'commit-cycle',
      'parent-missing',
      'snapshot-missing',
      'head-missing',
      'unreachable-commit',
      'planned',
    ]);
  });
});
