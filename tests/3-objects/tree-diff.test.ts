import { describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import { asBuffer, decodeTree, encodeTree, type TreeEntry } from '~/muse/tree';
import { diffDirectories } from '~/muse/tree-diff';
import { Prng } from '~tests/support/prng';

type Listed = [before: string | null, after: string | null];

/** What `diffDirectories` visits, as `kind name id` of each side. */
function diff(before: TreeEntry[] | null, after: TreeEntry[] | null): Listed[] {
  const a = before && asBuffer(encodeTree(before));
  const b = after && asBuffer(encodeTree(after));
  const visits: Listed[] = [];
  const say = (
    bytes: Buffer,
    span: { kind: number; nameStart: number; nameEnd: number; end: number },
  ) =>
    `${span.kind} ${bytes.toString('utf8', span.nameStart, span.nameEnd)} ${bytes.toString('hex', span.nameEnd, span.nameEnd + 2)}`;
  diffDirectories(a, b, (x, y) => visits.push([x && say(a!, x), y && say(b!, y)]));
  return visits;
}

const file = (name: string, content: string): TreeEntry => ({
  kind: 'file',
  name,
  id: sha256(content),
});
const dir = (name: string, content: string): TreeEntry => ({
  kind: 'dir',
  name,
  id: sha256(content),
});
const short = (content: string) => sha256(content).slice(0, 4);

describe('two directories side by side', () => {
  it('are nothing when they are alike, empty or not there', () => {
    const entries = [file('a', '1'), dir('b', '2'), file('c', '3')];
    expect(diff(entries, entries)).toEqual([]);
    expect(diff([], [])).toEqual([]);
    expect(diff(null, null)).toEqual([]);
    expect(diff(null, [])).toEqual([]);
  });

  it('show what was added, removed and replaced, in the order of names', () => {
    const before = [file('a', '1'), file('b', '1'), file('d', '1')];
    const after = [file('b', '2'), file('c', '1'), file('d', '1')];
    expect(diff(before, after)).toEqual([
      [`0 a ${short('1')}`, null],
      [`0 b ${short('1')}`, `0 b ${short('2')}`],
      [null, `0 c ${short('1')}`],
    ]);
  });

  it('show a file that became a directory as two names', () => {
    expect(diff([file('x', '1')], [dir('x', '1')])).toEqual([
      [`0 x ${short('1')}`, null],
      [null, `1 x ${short('1')}`],
    ]);
  });

  it('keep to the order in which a directory counts as its name and a slash', () => {
    const before = [file('a', '1'), file('a.b', '1'), dir('a-b', '1')];
    const after = [dir('a', '1'), file('a.b', '2'), dir('a-b', '2')];
    expect(diff(before, after)).toHaveLength(4);
  });

  it('agree with a plain comparison of names, for any two', () => {
    const random = new Prng(7);
    const name = () => ['a', 'a.b', 'a-b', 'ab', 'é', '日', 'b', 'b.', 'c'][random.below(9)]!;
    const make = () => {
      const byName = new Map<string, TreeEntry>();
      for (let n = random.below(9); n > 0; n--) {
        const at = name();
        byName.set(at, { ...(random.once(2) ? dir : file)(at, `${random.below(3)}`) });
      }
      return [...byName.values()];
    };
    for (let round = 0; round < 2000; round++) {
      const before = make();
      const after = make();
      const key = ({ kind, name: at }: TreeEntry) => `${kind} ${at}`;
      const old = new Map(before.map((entry) => [key(entry), entry.id]));
      const next = new Map(after.map((entry) => [key(entry), entry.id]));
      const expected = [...new Set([...old.keys(), ...next.keys()])].filter(
        (at) => old.get(at) !== next.get(at),
      );
      expect(diff(before, after)).toHaveLength(expected.length);
    }
  });

  it('throw when one is cut off', () => {
    const bytes = asBuffer(encodeTree([file('a', '1')]));
    expect(() => diffDirectories(bytes.subarray(0, -1), null, () => undefined)).toThrow(/damaged/);
    expect(decodeTree(bytes)).toHaveLength(1);
  });
});
