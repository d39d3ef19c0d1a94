import { describe, expect, it } from 'vitest';
import { type DeltaEntry, readStructuredDelta } from '~/muse/structured-delta';
import { seededPrng } from '~tests/support/prng';

describe('a structured delta', () => {
  it('is read by file and symbol', () => {
    const view = readStructuredDelta({
      domain: 'code',
      summary: '1 modified file',
      ops: [
        {
          op: 'patch',
          address: 'src/greet.py',
          child_summary: '1 symbol added, 1 symbol modified',
          child_ops: [
            { op: 'insert', address: 'src/greet.py::part', content_summary: 'added function part' },
            { op: 'replace', address: 'src/greet.py::greet', new_summary: 'function greet' },
          ],
        },
        { op: 'delete', address: 'old.txt' },
        { op: 'move', address: 'b.txt', from_address: 'a.txt' },
      ],
    });
    expect(view?.entries).toEqual([
      {
        change: 'changed',
        name: 'src/greet.py',
        summary: '1 symbol added, 1 symbol modified',
        children: [
          { change: 'added', name: 'part', summary: 'added function part', children: [] },
          { change: 'changed', name: 'greet', summary: 'function greet', children: [] },
        ],
      },
      { change: 'removed', name: 'old.txt', summary: '', children: [] },
      { change: 'moved', name: 'b.txt', summary: 'from a.txt', children: [] },
    ]);
    expect(view?.counts).toEqual({ added: 1, changed: 2, removed: 1, moved: 1, other: 0 });
    expect(view?.notShown).toBe(0);
  });

  it('with nothing to show is null', () => {
    for (const value of [null, undefined, {}, [], '', 'x', 7, true, { ops: [] }, { ops: null }]) {
      expect(readStructuredDelta(value), JSON.stringify(value)).toBeNull();
    }
  });

  it('of any odd JSON gives a view and counts what it does not show', () => {
    const odd: [unknown, number][] = [
      [{ ops: 'none' }, 1],
      [{ ops: { op: 'insert' } }, 1],
      [{ ops: [null, 1, 'x', [], {}, { op: 7 }, { op: null }] }, 7],
      [{ ops: [{ op: 'insert', address: 7, child_ops: 'x', content_summary: {} }] }, 1],
    ];
    for (const [value, notShown] of odd) {
      expect(readStructuredDelta(value)?.notShown, JSON.stringify(value)).toBe(notShown);
    }
  });

  it('keeps an operation it does not know, by its name', () => {
    const view = readStructuredDelta({ ops: [{ op: 'transpose' }, { op: 'constructor' }] });
    expect(view?.entries.map((entry) => [entry.change, entry.name])).toEqual([
      ['other', 'transpose'],
      ['other', 'constructor'],
    ]);
  });

  it('has members below their class, and symbols below their file', () => {
    const view = readStructuredDelta({
      ops: [
        {
          op: 'patch',
          address: 'src/a.py',
          child_ops: [
            { op: 'insert', address: 'src/a.py::Stream.push' },
            { op: 'replace', address: 'src/a.py::Stream' },
            { op: 'delete', address: 'src/a.py::Other.member' },
          ],
        },
        { op: 'insert', address: 'src/b.py::one' },
        { op: 'insert', address: 'src/b.py::two' },
        { op: 'insert', address: 'src/a.py::late' },
      ],
    });
    const say = (entries: DeltaEntry[]): unknown[] =>
      entries.map(({ name, children }) => (children.length > 0 ? [name, say(children)] : name));
    expect(say(view!.entries)).toEqual([
      ['src/a.py', [['Stream', ['push']], 'Other.member', 'late']],
      ['src/b.py', ['one', 'two']],
    ]);
    expect(view?.counts).toMatchObject({ added: 4, changed: 2, removed: 1 });
  });

  it('says what a mutation changed and where a move led', () => {
    const fields = { velocity: { old: 60, new: 80 }, name: { old: null, new: 'x' }, odd: 7 };
    const view = readStructuredDelta({
      ops: [
        { op: 'mutate', address: 'a.mid::note/1', fields },
        { op: 'move', address: 'a.mid', from_position: 3, to_position: 5 },
      ],
    });
    expect(view?.entries[0]?.children[0]?.summary).toBe('velocity: 60 → 80, name: none → x');
    expect(view?.entries[0]?.summary).toBe('from place 3 to 5');
  });

  it('of random JSON never throws, and stays within its bounds', () => {
    const prng = seededPrng('structured deltas');
    const WORDS = [
      'op',
      'ops',
      'child_ops',
      'address',
      'a.py',
      'a.py::B.c',
      '::',
      '.',
      'insert',
      'move',
    ];
    const KEYS = [
      ...WORDS,
      '__proto__',
      'fields',
      'old',
      'new',
      'from_address',
      'summary',
      'domain',
    ];
    const value = (depth: number): unknown => {
      if (depth === 0 || prng.once(3)) return prng.pick([null, true, 0, -1.5, '', ...WORDS]);
      const size = prng.below(5);
      if (prng.once(2)) return Array.from({ length: size }, () => value(depth - 1));
      const entries = Array.from({ length: size }, () => [prng.pick(KEYS), value(depth - 1)]);
      const usual = prng.once(2) ? { op: prng.pick(WORDS), address: prng.pick(WORDS) } : {};
      return { ...Object.fromEntries(entries), ...usual };
    };
    const depthOf = (entries: DeltaEntry[]): number =>
      entries.reduce((most, { children }) => Math.max(most, 1 + depthOf(children)), 0);
    for (let n = 0; n < 2_000; n++) {
      const view = readStructuredDelta({ ops: [value(6), value(6), value(6)] });
      expect(depthOf(view?.entries ?? [])).toBeLessThanOrEqual(2 * 8 + 1);
      expect(() => JSON.stringify(view)).not.toThrow();
    }
  });

  it('is cut to a bound in width, depth and text', () => {
    const wide = readStructuredDelta({
      ops: Array.from({ length: 5_000 }, (_, i) => ({ op: 'insert', address: `f${i}` })),
    });
    expect(wide?.entries).toHaveLength(2_000);
    expect(wide?.notShown).toBe(3_000);

    let deep: Record<string, unknown> = { op: 'insert', address: 'leaf' };
    for (let i = 0; i < 30; i++) deep = { op: 'patch', address: `l${i}`, child_ops: [deep] };
    const view = readStructuredDelta({ ops: [deep] });
    expect(view?.counts.changed).toBe(8);
    expect(view?.notShown).toBe(1);

    const long = readStructuredDelta({ ops: [{ op: 'insert', address: 'x'.repeat(10_000) }] });
    expect(long?.entries[0]?.name).toHaveLength(501);
  });
});
