import { describe, expect, it } from 'vitest';
import { GrowingBuffer } from '~/client/growing-buffer';
import { writeText } from '~/client/lossless-json';
import { ManifestFolder } from '~/client/manifest-folder';
import { SortedLines } from '~/client/sorted-lines';
import { formatId, type IdFormat } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { compareText } from '~/muse/text-order';

/** Numbers below a bound, the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = [
  'a',
  'a.b',
  'a-b',
  'b',
  'z',
  'ü',
  '\u{1f600}',
  '\uffee',
  '"',
  '10',
  '9',
  '__proto__',
];

function jsonOf(manifest: ManifestFolder, format: IdFormat): string {
  const out = new GrowingBuffer(1);
  manifest.appendJson(out, format);
  return out.view().toString('latin1');
}

/** The same by hand: files of a folder by code point, then its folders. */
function plainJson(entries: ReadonlyMap<string, string>, format: IdFormat): string {
  const lines: string[] = [];
  const visit = (prefix: string) => {
    const below = [...entries.keys()].filter((path) => path.startsWith(prefix));
    const rests = below.map((path) => path.slice(prefix.length));
    const files = rests.filter((rest) => !rest.includes('/')).sort(compareText);
    for (const name of files) {
      const id = formatId(entries.get(prefix + name)!, format);
      lines.push(`    ${writeText(prefix + name)}: "${id}"`);
    }
    const folders = rests.filter((rest) => rest.includes('/')).map((rest) => rest.split('/')[0]!);
    for (const name of [...new Set(folders)].sort(compareText)) visit(`${prefix}${name}/`);
  };
  visit('');
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n  }`;
}

describe('a manifest', () => {
  it('has the same id however it came about, and comes back equal', () => {
    const entries: [string, string][] = [
      'b/c',
      'a',
      'a.b/x',
      'a/x',
      'b',
      'a-b',
      'ü',
      '\u{1f600}',
      '\uffee',
    ].map((name, i) => [
      name === 'a' || name === 'b' ? `${name}.txt` : name,
      String(i % 10).repeat(64),
    ]);
    const whole = ManifestFolder.from(entries)!;
    expect(whole.snapshotId()).toBe(snapshotIdOf(entries));
    expect(new Map(whole.entries())).toEqual(new Map(entries));
    let grown = ManifestFolder.EMPTY;
    for (const entry of entries) grown = grown.with([entry], [])!;
    expect(grown.snapshotId()).toBe(whole.snapshotId());
    expect(jsonOf(grown, 'bare')).toBe(jsonOf(whole, 'bare'));
    const less = whole.with([['b/c/d', 'e'.repeat(64)]], ['b/c', 'a/x', 'nowhere/to/be'])!;
    expect(less.fileCount).toBe(entries.length - 1);
    expect(less.snapshotId()).toBe(snapshotIdOf(less.entries()));
    expect(ManifestFolder.EMPTY.snapshotId()).toBe(snapshotIdOf([]));
    expect(jsonOf(ManifestFolder.EMPTY, 'bare')).toBe('{}');
  });

  it('has no path that is a file and a folder', () => {
    const id = 'a'.repeat(64);
    expect(
      ManifestFolder.from([
        ['a', id],
        ['a/b', id],
      ]),
    ).toBeNull();
    expect(ManifestFolder.from([['a/b', id]])!.with([['a', id]], [])).toBeNull();
    expect(ManifestFolder.from([['a/b', id]])!.with([['a', id]], ['a/b'])!.fileCount).toBe(1);
  });

  it.each([1, 2, 3, 4])('has the id and the text of its files after any changes (%i)', (seed) => {
    const random = randomOf(seed);
    let manifest = ManifestFolder.EMPTY;
    const entries = new Map<string, string>();
    let steps = 0;
    for (let step = 0; step < 400; step++) {
      const add = new Map<string, string>();
      for (let i = random(4); i > 0; i--) {
        const depth = 1 + random(3);
        const path = Array.from({ length: depth }, () => NAMES[random(NAMES.length)]).join('/');
        add.set(path, random(16).toString(16).repeat(64));
      }
      const there = [...entries.keys()];
      const remove = new Set<string>();
      for (let i = random(there.length > 20 ? 6 : 2); i > 0; i--) {
        const path = there[random(there.length)] ?? 'never/there';
        if (!add.has(path)) remove.add(path);
      }
      const next = manifest.with(add, remove);
      const after = new Map(entries);
      for (const path of remove) after.delete(path);
      for (const [path, id] of add) after.set(path, id);
      const paths = [...after.keys()];
      const clash = paths.some((path) => paths.some((other) => other.startsWith(`${path}/`)));
      expect(next === null).toBe(clash);
      if (next === null) continue;
      steps++;
      // Sometimes neither is asked for, so that lines are made from several changes at once.
      if (random(3) > 0) {
        expect(next.snapshotId()).toBe(snapshotIdOf(after));
        const format = random(8) === 0 ? 'prefixed' : 'bare';
        expect(jsonOf(next, format)).toBe(plainJson(after, format));
        // What came before has not changed.
        expect(manifest.snapshotId()).toBe(snapshotIdOf(entries));
      }
      manifest = next;
      entries.clear();
      for (const [path, id] of after) entries.set(path, id);
    }
    expect(steps).toBeGreaterThan(50);
    expect(manifest.snapshotId()).toBe(snapshotIdOf(entries));
    expect(jsonOf(manifest, 'bare')).toBe(plainJson(entries, 'bare'));
  });
});

describe('sorted lines', () => {
  it('are those of the same keys after any changes', () => {
    const random = randomOf(7);
    const lines = new Map<string, string>();
    let sorted = SortedLines.EMPTY;
    for (let step = 0; step < 300; step++) {
      const changed = new Set<string>();
      for (let i = random(6); i > 0; i--) {
        const key = NAMES[random(NAMES.length)]! + NAMES[random(NAMES.length)]!;
        changed.add(key);
        if (random(3) === 0) lines.delete(key);
        else lines.set(key, `${key} ${'é'.repeat(random(4))}\n`);
      }
      sorted = sorted.with(changed, (key) => lines.get(key) ?? null);
      const keys = [...lines.keys()].sort(compareText);
      const text = keys.map((key) => lines.get(key)).join('');
      expect(sorted.bytes.toString()).toBe(text);
      expect(SortedLines.from(lines.keys(), (key) => lines.get(key)!).bytes).toEqual(sorted.bytes);
      const key = NAMES[random(NAMES.length)]!;
      const before = keys.filter((each) => compareText(each, key) < 0);
      const offset = Buffer.byteLength(before.map((each) => lines.get(each)).join(''));
      expect(sorted.offsetOf(key)).toBe(offset);
    }
    expect(lines.size).toBeGreaterThan(20);
  });
});
