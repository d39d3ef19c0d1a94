import { describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import {
  decodeTree,
  EMPTY_TREE,
  EMPTY_TREE_ID,
  encodeTree,
  findEntry,
  type TreeEntry,
  treeIdOf,
} from '~/muse/tree';
import { seededPrng } from '~tests/support/prng';

const file = (name: string, id = sha256(name)): TreeEntry => ({ kind: 'file', name, id });
const dir = (name: string, id = sha256(name)): TreeEntry => ({ kind: 'dir', name, id });

describe('a directory as bytes', () => {
  it('is one version byte and then kind, length, name and id of each entry', () => {
    const id = 'ab'.repeat(32);
    expect(
      Buffer.from(encodeTree([file('é', id), dir('d', 'cd'.repeat(32))])).toString('hex'),
    ).toBe(`01${`010164${'cd'.repeat(32)}`}${`0002c3a9${id}`}`);
  });

  it('of nothing is the version byte alone', () => {
    expect(encodeTree([])).toEqual(Buffer.from([1]));
    expect(treeIdOf(encodeTree([]))).toBe(EMPTY_TREE_ID);
    expect(decodeTree(EMPTY_TREE)).toEqual([]);
  });

  it('is the same whatever order the entries came in', () => {
    const entries = [file('a.b'), dir('a'), file('a0'), file('Z'), file('é')];
    expect(encodeTree(entries)).toEqual(encodeTree(entries.toReversed()));
  });

  it('sorts a directory as its name with a slash, like git', () => {
    const names = decodeTree(encodeTree([dir('a'), file('a.b'), file('a0'), file('a-')]));
    expect(names.map(({ name }) => name)).toEqual(['a-', 'a.b', 'a', 'a0']);
  });

  it('comes back equal, with names of every length', () => {
    const entries = [1, 127, 128, 129, 254, 255].map((length) => file('n'.repeat(length)));
    expect(decodeTree(encodeTree(entries))).toEqual(entries);
    const wide = [file('日本語'), file('😀'), dir('ｚ')];
    expect(decodeTree(encodeTree(wide))).toHaveLength(3);
  });

  it('finds an entry without decoding the others', () => {
    const entries = [dir('src'), file('src.md'), file('é'), file('z'.repeat(200))];
    const bytes = encodeTree(entries);
    for (const entry of entries) expect(findEntry(bytes, entry.name)).toEqual(entry);
    for (const name of ['', 's', 'src/', 'SRC', 'zz', 'src.mdx'])
      expect(findEntry(bytes, name)).toBeNull();
  });

  it('is read from the middle of other bytes as well', () => {
    const bytes = encodeTree([file('a'), dir('b')]);
    const within = new Uint8Array(bytes.length + 20);
    within.set(bytes, 7);
    const view = within.subarray(7, 7 + bytes.length);
    expect(decodeTree(view)).toEqual([file('a'), dir('b')]);
    expect(findEntry(view, 'b')).toEqual(dir('b'));
  });
});

describe('damaged bytes of a directory', () => {
  const ids = 'ab'.repeat(32);
  const bytes = (hex: string) => Buffer.from(hex, 'hex');

  it.each([
    ['nothing', ''],
    ['another version', '02'],
    ['an unknown kind', `01020161${ids}`],
    ['an id that is cut off', `01000161${ids.slice(2)}`],
    ['a name that is cut off', '010005'],
    ['a name without length', `010000${ids}`],
    ['a length in more bytes than it needs', `0100810061${ids}`],
    ['a length of three bytes', `01008181${'01'.repeat(200)}${ids}`],
    ['a name over 255 bytes', `01008002${'61'.repeat(256)}${ids}`],
    ['names out of order', `01000162${ids}000161${ids}`],
    ['a name twice', `01000161${ids}000161${ids}`],
    ['a file and a directory of one name', `01000161${ids}000361${'2d62'}${ids}010161${ids}`],
    ['a slash in a name', `0100032f6162${ids}`],
    ['a NUL in a name', `010003610062${ids}`],
    ['a name that is not UTF-8', `010002c328${ids}`],
    ['a surrogate in UTF-8', `010003eda080${ids}`],
  ])('are refused: %s', (_, hex) => {
    expect(() => decodeTree(bytes(hex))).toThrow(/damaged tree/);
  });

  it('take U+FFFD itself for the letter it is', () => {
    expect(decodeTree(encodeTree([file('\ufffd')]))).toEqual([file('\ufffd')]);
  });

  it('never come back as the same bytes: every cut and every changed byte is noticed', () => {
    const whole = encodeTree([dir('a'), file('b.c'), file('n'.repeat(130))]);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      let entries: TreeEntry[] | null = null;
      try {
        entries = decodeTree(cut);
      } catch {
        continue;
      }
      // What is left of a cut between two entries is a directory, but another one.
      expect(encodeTree(entries)).toEqual(Buffer.from(cut));
    }
    const random = seededPrng('damaged trees');
    for (let i = 0; i < 2_000; i++) {
      const changed = Buffer.from(whole);
      changed[random.below(changed.length)] = random.below(256);
      let entries: TreeEntry[];
      try {
        entries = decodeTree(changed);
      } catch {
        continue;
      }
      expect(encodeTree(entries)).toEqual(changed);
    }
  });
});
