import { describe, expect, it } from 'vitest';
import {
  contextLine,
  type Gap,
  gapOf,
  gapRow,
  rowsHtml,
  type ShownLine,
  splitLines,
  stepsOf,
} from '~/app/_components/diff-rows';
import { diffText } from '~/server/services/diff-text';
import { seededPrng } from '~tests/support/prng';

const shown = (before: string, after: string): ShownLine[] =>
  diffText(before, after, { contextLines: null }).hunks.flatMap(({ lines }) =>
    lines.map(({ marks: _, ...line }) => ({ ...line, html: line.text })),
  );

describe('a difference side by side', () => {
  it('has what was removed beside what it became', () => {
    const rows = splitLines(shown('let value = 1;\nkeep\n', '// new\nlet value = 2;\nkeep\nend\n'));
    expect(rows.map(([left, right]) => [left?.text ?? null, right?.text ?? null])).toEqual([
      [null, '// new'],
      ['let value = 1;', 'let value = 2;'],
      ['keep', 'keep'],
      [null, 'end'],
    ]);
  });

  it('has the old text on the left and the new one on the right, whatever the texts', () => {
    const prng = seededPrng('split differences');
    const text = () =>
      Array.from({ length: 1 + prng.below(20) }, () => `${prng.pick(['a', 'b', 'c d', 'c e'])}\n`);
    for (let n = 0; n < 500; n++) {
      const [before, after] = [text().join(''), text().join('')];
      if (before === after) continue;
      const rows = splitLines(shown(before, after));
      const side = (index: 0 | 1) =>
        rows.flatMap((row) => (row[index] ? [`${row[index].text}\n`] : [])).join('');
      expect(side(0)).toBe(before);
      expect(side(1)).toBe(after);
      expect(rows.every(([left, right]) => left !== null || right !== null)).toBe(true);
    }
  });

  it('says for those who do not see it what was added and removed', () => {
    const lines = shown('a\n', 'b\n');
    for (const layout of ['unified', 'split'] as const) {
      const html = rowsHtml(lines, layout);
      expect(html).toContain('<span class="sr-only">removed </span>');
      expect(html).toContain('<span class="sr-only">added </span>');
    }
  });
});

describe('lines that are not shown', () => {
  const gap = (from: number, to: number, rest: Partial<Gap> = {}): Gap => ({
    ...{ from, to, offset: 2, above: true, below: true },
    ...rest,
  });

  it('are shown at once when they are few, else from either end', () => {
    expect(stepsOf(gap(10, 40))).toEqual([{ way: 'all', from: 10, to: 40 }]);
    expect(stepsOf(gap(10, 200))).toEqual([
      { way: 'down', from: 10, to: 39 },
      { way: 'up', from: 171, to: 200 },
    ]);
    expect(stepsOf(gap(1, 200, { above: false }))).toEqual([{ way: 'up', from: 171, to: 200 }]);
  });

  it('are known from their row, with the numbers of both sides', () => {
    const row = gapRow(gap(10, 200), '@@', '/whole');
    expect(gapOf(/data-gap="([^"]*)"/.exec(row)![1]!)).toEqual(gap(10, 200));
    expect(contextLine('x', 12, -2)).toMatchObject({ before: 10, after: 12, kind: 'context' });
  });
});
