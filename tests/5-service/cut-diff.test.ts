import { describe, expect, it } from 'vitest';
import { cutDiff } from '~/server/services/cut-diff';
import { diffText, type PlainDiff } from '~/server/services/diff-text';

const lines = (from: number, to: number, word: string) =>
  Array.from({ length: to - from }, (_, n) => `${word} ${from + n}\n`).join('');

const shown = ({ hunks }: PlainDiff) => hunks.flatMap((hunk) => hunk.lines);

describe('a part of a difference', () => {
  const before = lines(0, 3_000, 'old');
  const after = lines(0, 3_000, 'old').replace(/^(old \d*[05])$/gm, '$1 changed');
  const whole = diffText(before, after, { contextLines: null });

  it('is the whole where it is short', () => {
    expect(cutDiff(whole, 0, 100_000)).toBe(whole);
  });

  it('and the others give every line once, in order', () => {
    const all = [];
    let parts = 0;
    for (let skip = 0, left = 1; left > 0; parts++) {
      const part = cutDiff(whole, skip, 1_000);
      expect(part.skipped).toBe(skip);
      expect(shown(part).length).toBeLessThanOrEqual(1_000);
      all.push(...shown(part));
      skip += shown(part).length;
      left = part.left;
      expect(skip + left).toBe(shown(whole).length);
    }
    expect(parts).toBe(4);
    expect(all).toEqual(shown(whole));
  });

  it('says from which lines of both sides its hunks are', () => {
    for (const { hunks } of [cutDiff(whole, 777, 1_000), cutDiff(whole, 1, 3)]) {
      for (const hunk of hunks) {
        const numbers = (side: 'before' | 'after') =>
          hunk.lines.map((line) => line[side]).filter((number) => number !== null);
        expect(hunk.beforeLines).toBe(numbers('before').length);
        expect(hunk.afterLines).toBe(numbers('after').length);
        expect(hunk.beforeStart).toBe(numbers('before')[0]);
        expect(hunk.afterStart).toBe(numbers('after')[0]);
      }
    }
  });

  it('ends before changes that belong together, where they are not too many', () => {
    const blocks = diffText(
      lines(0, 10, 'a') + lines(0, 50, 'x'),
      lines(0, 10, 'a') + lines(0, 50, 'y'),
    );
    expect(shown(cutDiff(blocks, 0, 40)).map(({ kind }) => kind)).toEqual([
      ...['context', 'context', 'context'],
    ]);
    const long = diffText(lines(0, 2_000, 'x'), lines(0, 2_000, 'y'));
    expect(shown(cutDiff(long, 0, 1_500))).toHaveLength(1_500);
  });

  it('is nothing behind the end', () => {
    const none = cutDiff(whole, 1_000_000, 10);
    expect([none.hunks, none.left]).toEqual([[], 0]);
    expect(none.skipped).toBe(shown(whole).length);
  });
});
