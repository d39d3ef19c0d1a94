import { diffLines } from 'diff';
import { describe, expect, it } from 'vitest';
import { alignSequences } from '~/server/services/align-sequences';
import { type DiffTextOptions, diffText, splitLines } from '~/server/services/diff-text';
import { type Prng, seededPrng } from '~tests/support/prng';

const SIGNS = { context: ' ', added: '+', removed: '-' };
const plain = (before: string, after: string, options?: DiffTextOptions) =>
  diffText(before, after, options).hunks.map((hunk) =>
    hunk.lines.map((line) => SIGNS[line.kind] + line.text + (line.noNewline ? '⏎̸' : '')),
  );
/** The marked words of each changed line. */
const words = (before: string, after: string, options?: DiffTextOptions) =>
  diffText(before, after, options).hunks.flatMap(({ lines }) =>
    lines
      .filter(({ kind }) => kind !== 'context')
      .map(({ text, marks }) => marks.map(([from, to]) => text.slice(from, to))),
  );

/** Applies a difference to the old text by its line numbers. */
function apply(before: string, after: string, options: DiffTextOptions = {}): string {
  const old = splitLines(before);
  const out: string[] = [];
  let at = 0;
  for (const { beforeStart, lines } of diffText(before, after, options).hunks) {
    while (at < beforeStart - 1) out.push(old[at++]!);
    for (const { kind, text, before: number, noNewline } of lines) {
      const line = text + (noNewline ? '' : '\n');
      if (kind !== 'removed') out.push(line);
      if (kind === 'added') continue;
      expect(number).toBe(at + 1);
      if (!options.hideWhitespace) expect(line).toBe(old[at]);
      at++;
    }
  }
  return [...out, ...old.slice(at)].join('');
}

/** A text of few words, and another that was made from it by some edits. */
function randomTexts(prng: Prng): [string, string] {
  const line = () =>
    Array.from({ length: prng.below(4) }, () => prng.pick(['a', 'bb', ' ', '{', '}', '😀'])).join(
      ' ',
    );
  const before = Array.from({ length: prng.below(40) }, line);
  const after = [...before];
  for (let edits = prng.below(8); edits > 0; edits--) {
    const made = Array.from({ length: prng.below(4) }, line);
    after.splice(prng.below(after.length + 1), prng.below(4), ...made);
  }
  const end = () => prng.pick(['', '\n']);
  return [before.join('\n') + end(), after.join(prng.pick(['\n', '\n', '\r\n'])) + end()];
}

describe('the difference of two texts', () => {
  it('shows changed lines with three lines of context', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    const diff = diffText(before, before.replace('5', 'five'));
    expect(plain(before, before.replace('5', 'five'))).toEqual([
      [' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
    ]);
    expect(diff).toMatchObject({ added: 1, removed: 1, beforeLines: 9, afterLines: 9 });
    expect(diff.hunks[0]).toMatchObject({
      ...{ beforeStart: 2, beforeLines: 7, afterStart: 2, afterLines: 7 },
    });
  });

  it('of equal texts is nothing', () => {
    expect(diffText('a\n', 'a\n').hunks).toEqual([]);
    expect(diffText('', '')).toMatchObject({ hunks: [], added: 0, removed: 0 });
    expect(diffText('a\n', 'a\n', { contextLines: null }).hunks).toEqual([]);
  });

  it('counts the lines of a new and of an emptied file', () => {
    expect(diffText('', 'a\nb\n')).toMatchObject({ added: 2, removed: 0 });
    expect(diffText('a\nb\n', '')).toMatchObject({ added: 0, removed: 2 });
  });

  it('marks a last line without a line break', () => {
    expect(plain('a\n', 'a')).toEqual([['-a', '+a⏎̸']]);
    expect(plain('a', 'a\nb')).toEqual([['-a⏎̸', '+a', '+b⏎̸']]);
  });

  it('applied to the old text gives the new one, whatever the texts', () => {
    const prng = seededPrng('applied differences');
    for (let n = 0; n < 1_500; n++) {
      const [before, after] = randomTexts(prng);
      for (const contextLines of [0, 1, 3, null]) {
        expect(apply(before, after, { contextLines })).toBe(after);
      }
    }
  });

  it('is as short as another implementation finds it', () => {
    const prng = seededPrng('shortest differences');
    for (let n = 0; n < 500; n++) {
      const [before, after] = randomTexts(prng);
      const parts = diffLines(before, after);
      const of = (kind: 'added' | 'removed') =>
        parts.filter((part) => part[kind]).reduce((sum, part) => sum + part.count, 0);
      expect(diffText(before, after)).toMatchObject({ added: of('added'), removed: of('removed') });
    }
  });

  it('adds a whole block, not from the end of one to the end of the next', () => {
    const one = 'function a() {\n  x();\n}\n\n';
    const two = 'function b() {\n  x();\n}\n\n';
    const three = 'function c() {\n  x();\n}\n';
    expect(plain(one + three, one + two + three)[0]).toEqual([
      ...['   x();', ' }', ' ', '+function b() {', '+  x();', '+}', '+', ' function c() {'],
      ...['   x();', ' }'],
    ]);
  });

  it('names the place by the line above that begins something', () => {
    const before = `def f():\n${'  x\n'.repeat(20)}  end\n`;
    expect(diffText(before, before.replace('end', 'fin')).hunks[0]?.section).toBe('def f():');
  });

  it('hides white space when asked', () => {
    const before = 'if (a) {\n  b ();\n}\n';
    const after = 'if (a) {\n\tb();\n}\nc\n';
    expect(plain(before, after, { hideWhitespace: true })).toEqual([
      [' if (a) {', ' \tb();', ' }', '+c'],
    ]);
    expect(diffText('a b\r\n', 'ab\n', { hideWhitespace: true }).hunks).toEqual([]);
    const prng = seededPrng('hidden white space');
    const bare = (text: string) => text.replace(/[^\S\n]+/g, '');
    for (let n = 0; n < 500; n++) {
      const [left, right] = randomTexts(prng);
      const applied = apply(`${left}\n`, `${right}\n`, { hideWhitespace: true });
      expect(bare(applied)).toBe(bare(`${right}\n`));
    }
  });
});

describe('the words that changed', () => {
  it('are marked in both lines', () => {
    expect(words('let a = one(two);\n', 'let a = one(three);\n')).toEqual([['two'], ['three']]);
    expect(words('a\tb\n', 'a b\n')).toEqual([['\t'], [' ']]);
  });

  it('are one mark where only blanks lie between them', () => {
    expect(words('return the quick fox now;\n', 'return the lazy dog now;\n')).toEqual([
      ['quick fox'],
      ['lazy dog'],
    ]);
  });

  it('are not marked where the lines have little in common', () => {
    expect(words('alpha beta gamma\n', 'one two three\n')).toEqual([[], []]);
    expect(words(`${'x'.repeat(3_000)}\n`, `${'x'.repeat(2_999)}y\n`)).toEqual([[], []]);
  });

  it('belong to the line that is most alike, not to the one that stands opposite', () => {
    const [hunk] = diffText('let value = 1;\n', '// new\nlet value = 2;\n').hunks;
    expect(hunk?.lines.map(({ kind, mate }) => [kind, mate])).toEqual([
      ['removed', 2],
      ['added', null],
      ['added', 1],
    ]);
  });

  it('lie inside their lines, in order, and mates name each other', () => {
    const prng = seededPrng('marks');
    for (let n = 0; n < 1_000; n++) {
      const [before, after] = randomTexts(prng);
      const lines = diffText(before, after).hunks.flatMap((hunk) => hunk.lines);
      for (const line of lines) {
        let at = 0;
        for (const [from, to] of line.marks) {
          expect(from).toBeGreaterThanOrEqual(at);
          expect(to).toBeGreaterThan(from);
          at = to;
        }
        expect(at).toBeLessThanOrEqual(line.text.length);
        if (line.kind !== 'removed' || line.mate === null) continue;
        expect(lines.find(({ after: place }) => place === line.mate)?.mate).toBe(line.before);
      }
    }
  });
});

describe('the alignment of sequences', () => {
  it('is right, and quick, however different they are', () => {
    const prng = seededPrng('long sequences');
    const [a, b] = [0, 1].map(() => Int32Array.from({ length: 30_000 }, () => prng.below(50)));
    const marks = alignSequences(a!, b!, 64);
    expect(a!.filter((_, i) => marks.before[i] === 0)).toEqual(
      b!.filter((_, i) => marks.after[i] === 0),
    );
    expect(marks.before.includes(0)).toBe(true);
  });
});
