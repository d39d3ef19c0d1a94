import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompareOptions, Compute } from '~/server/ports/compute';
import { shortPiece } from '~tests/support/midi-bytes';

const OPTIONS: CompareOptions = {
  ...{ hideWhitespace: false, contextLines: 3, linesMax: 1_000, skip: null },
};
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** What computing beside the requests promises, wherever it is done. */
export function describeCompute(name: string, open: () => Compute): void {
  let compute: Compute;
  beforeAll(() => {
    compute = open();
  });
  afterAll(() => compute.close());
  const compare = async (before: string | null, after: string | null, options = {}) => {
    const sides = { before: before && bytes(before), after: after && bytes(after) };
    const file = { name: 'a.ts', before: sides.before || null, after: sides.after || null };
    return (await compute.compareFiles([file], { ...OPTIONS, ...options }))[0]!;
  };

  describe(`${name}: comparing files`, () => {
    it('gives changed lines with their numbers, mates and safe HTML', async () => {
      const result = await compare('let a = 1;\nlet b;\n', 'let a = 2;\nlet b;\n');
      expect(result).toMatchObject({ kind: 'text', diff: { added: 1, removed: 1 } });
      const lines = result.kind === 'text' ? result.diff.hunks[0]!.lines : [];
      expect(lines.map(({ kind, before, after, mate }) => [kind, before, after, mate])).toEqual([
        ['removed', 1, null, 1],
        ['added', null, 1, 1],
        ['context', 2, 2, null],
      ]);
      // Colours are given as far as the time for them goes.
      const plain = lines[1]?.html.replace(/<\/?span[^>]*>/g, '');
      expect(plain).toBe('let a = <mark>2</mark>;');
    });

    it('takes a side that is not there as empty', async () => {
      expect(await compare(null, 'x\n')).toMatchObject({ diff: { added: 1, removed: 0 } });
      expect(await compare('x\n', null)).toMatchObject({ diff: { added: 0, removed: 1 } });
    });

    it('escapes whatever stands in a line', async () => {
      const hostile = '<script>"\'&</script>\n';
      for (const file of ['a.html', 'a.txt', 'a.md']) {
        const [result] = await compute.compareFiles(
          [{ name: file, before: bytes('<b>\n'), after: bytes(hostile) }],
          OPTIONS,
        );
        const lines = result?.kind === 'text' ? result.diff.hunks[0]!.lines : [];
        expect(lines).toHaveLength(2);
        for (const { html } of lines) {
          const bare = html.replace(/<\/?(span|mark)( class="tk-[a-z-]+")?>/g, '');
          expect(bare).not.toMatch(/[<>"']/);
        }
      }
    });

    it('knows binary files, and counts what a page cannot hold', async () => {
      expect(await compare('a\0b', 'c')).toEqual({ kind: 'binary' });
      expect(await compare('a\n', 'b\n', { linesMax: 1 })).toEqual({
        ...{ kind: 'too-many-lines', added: 1, removed: 1 },
      });
    });

    it('gives the lines of a long difference in parts', async () => {
      const text = 'x\n'.repeat(50);
      const part = await compare(null, text, { linesMax: 20, skip: 20 });
      expect(part).toMatchObject({ diff: { added: 50, skipped: 20, left: 10 } });
      const hunks = part.kind === 'text' ? part.diff.hunks : [];
      expect(hunks.map(({ afterStart, afterLines }) => [afterStart, afterLines])).toEqual([
        [21, 20],
      ]);
    });

    it('keeps the order of the files, and leaves their bytes alone', async () => {
      const files = Array.from({ length: 20 }, (_, n) => ({
        ...{ name: `${n}`, before: null, after: bytes('x\n'.repeat(n + 1)) },
      }));
      const results = await compute.compareFiles(files, OPTIONS);
      expect(results.map((each) => each.kind === 'text' && each.diff.added)).toEqual(
        files.map((_, n) => n + 1),
      );
      expect(files.map(({ after }) => after.byteLength)).toEqual(files.map((_, n) => 2 * (n + 1)));
    });

    it('does many jobs at once', async () => {
      const jobs = Array.from({ length: 12 }, (_, n) => compare('a\n', 'b\n'.repeat(n + 1)));
      const results = await Promise.all(jobs);
      expect(results.map((each) => each.kind === 'text' && each.diff.added)).toEqual(
        jobs.map((_, n) => n + 1),
      );
    });
  });

  describe(`${name}: files that are alike`, () => {
    it('are pairs with the share that both have', async () => {
      const lines = (from: number, to: number) =>
        bytes(Array.from({ length: to - from }, (_, n) => `line ${100 + from + n}\n`).join(''));
      expect(
        await compute.findSimilar(
          [lines(0, 100), lines(300, 400)],
          [lines(20, 120), lines(60, 160)],
        ),
      ).toEqual([{ gone: 0, come: 0, share: 0.8 }]);
    });

    it('may be binary, and are none when empty', async () => {
      const noise = new Uint8Array(10_000).map((_, n) => (n * n * 31) >> 3);
      const other = noise.slice();
      other[9_999] = 1 + noise[9_999]!;
      const [pair] = await compute.findSimilar([noise], [other]);
      expect(pair?.share).toBeGreaterThan(0.9);
      expect(await compute.findSimilar([bytes('')], [bytes('')])).toEqual([]);
    });
  });

  it(`${name}: draws MIDI files and what differs between them`, async () => {
    const piece = shortPiece();
    expect(await compute.drawMidi(piece)).toMatchObject({ notes: 12, seconds: 5 });
    expect(await compute.compareMidi(piece, piece)).toMatchObject({ added: 0, removed: 0 });
    expect(await compute.drawMidi(bytes('none'))).toHaveProperty('problem');
  });

  it(`${name}: colours a text`, async () => {
    expect(await compute.highlightLines('let <b>\n', 'a.ts')).toEqual([
      '<span class="tk-keyword">let</span> &lt;b&gt;',
    ]);
  });
}
