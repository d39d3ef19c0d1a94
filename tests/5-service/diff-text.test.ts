import { describe, expect, it } from 'vitest';
import { diffText } from '~/server/services/diff-text';

const plain = (before: string, after: string, maxMs?: number) =>
  diffText(before, after, maxMs).hunks.map((hunk) => [
    hunk.header,
    ...hunk.lines.map(
      (line) =>
        ({ context: ' ', added: '+', removed: '-' })[line.kind] +
        line.text +
        (line.noNewline ? '⏎̸' : ''),
    ),
  ]);

/** Applies a difference to the old text by its line numbers. */
function apply(before: string, after: string): string {
  const diff = diffText(before, after);
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const { lines } of diff.hunks) {
    for (const line of lines) {
      if (line.kind === 'added') {
        out.push(line.text + (line.noNewline ? '' : '\n'));
        continue;
      }
      while (at < line.before! - 1) out.push(old[at++]!);
      if (line.kind === 'context') out.push(old[at]!);
      at++;
    }
  }
  return [...out, ...old.slice(at)].join('');
}

describe('the difference of two texts', () => {
  it('shows changed lines with three lines of context', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    expect(plain(before, before.replace('5', 'five'))).toEqual([
      ['@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
    ]);
  });

  it('of equal texts is nothing', () => {
    expect(diffText('a\n', 'a\n')).toEqual({ hunks: [], added: 0, removed: 0 });
    expect(diffText('', '')).toEqual({ hunks: [], added: 0, removed: 0 });
  });

  it('counts the lines of a new and of an emptied file', () => {
    expect(diffText('', 'a\nb\n')).toMatchObject({ added: 2, removed: 0 });
    expect(diffText('a\nb\n', '')).toMatchObject({ added: 0, removed: 2 });
  });

  it('marks a last line without a line break', () => {
    expect(plain('a\n', 'a')).toEqual([['@@ -1,1 +1,1 @@', '-a', '+a⏎̸']]);
  });

  it('numbers the lines of both sides', () => {
    const { hunks } = diffText('a\nb\nc\n', 'a\nx\ny\nc\n');
    expect(hunks[0]?.lines.map((line) => [line.kind, line.before, line.after])).toEqual([
      ['context', 1, 1],
      ['removed', 2, null],
      ['added', null, 2],
      ['added', null, 3],
      ['context', 3, 4],
    ]);
  });

  it('applied to the old text gives the new one', () => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round++) {
      const before = Array.from({ length: random(30) }, () => `${random(5)}\n`);
      const after = before.flatMap((line) => {
        const dice = random(6);
        return dice === 0 ? [] : dice === 1 ? [line, `${random(5)}\n`] : [line];
      });
      const [a, b] = [before.join(''), after.join('').slice(0, random(2) ? undefined : -1)];
      expect(apply(a, b)).toBe(b);
    }
  });

  it('of texts too different to compare in time is one block removed and one added', () => {
    const side = (name: string) => {
      const lines = Array.from({ length: 20_000 }, (_, i) => `${name} ${i % 7} ${i}`);
      return `head\n${lines.join('\n')}\ntail`;
    };
    const started = performance.now();
    const diff = diffText(side('a'), side('b'), 20);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(diff).toMatchObject({ added: 20_000, removed: 20_000 });
    expect(diff.hunks).toHaveLength(1);
    expect(diff.hunks[0]?.lines[0]).toMatchObject({ kind: 'removed', before: 2, text: 'a 0 0' });
  });
});
