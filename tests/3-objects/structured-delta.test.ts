import { describe, expect, it } from 'vitest';
import { readStructuredDelta } from '~/muse/structured-delta';

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
