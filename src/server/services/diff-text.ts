import type { DiffHunk, DiffLine, TextDiff } from '~/server/ports/compute';
import { alignSequences } from './align-sequences';
import type { Mark } from './code-html';
import { pairLines } from './pair-lines';
import { slideBlocks } from './slide-blocks';

export interface DiffTextOptions {
  /** White space counts for nothing. */
  hideWhitespace?: boolean;
  /** Unchanged lines around changed ones; null: all of them. */
  contextLines?: number | null;
}

/** A line of a difference before it is drawn: with the places of the words that changed. */
export type PlainLine = Omit<DiffLine, 'html'> & { marks: readonly Mark[] };
export type PlainHunk = Omit<DiffHunk, 'lines'> & { lines: PlainLine[] };
export type PlainDiff = Omit<TextDiff, 'hunks'> & { hunks: PlainHunk[] };

export const CONTEXT_LINES = 3;
const SECTION_MAX_LENGTH = 100;
const SECTION_MAX_LINES_UP = 300;
const SECTION = /^(?:[\p{L}_$@]|#{1,6} )/u;

/**
 * The difference of two texts, line by line. The lines of both sides are in it or counted by it:
 * applied to the old text it gives the new one, except for white space when that is hidden.
 */
export function diffText(before: string, after: string, options: DiffTextOptions = {}): PlainDiff {
  const { hideWhitespace = false, contextLines = CONTEXT_LINES } = options;
  const a = splitLines(before);
  const b = splitLines(after);
  const numbers = new LineNumbers(hideWhitespace);
  const x = numbers.of(a);
  const y = numbers.of(b);
  const changed = alignSequences(x, y);
  slideBlocks(x, changed.before, a, changed.after);
  slideBlocks(y, changed.after, b, changed.before);
  const diff: PlainDiff = {
    hunks: [],
    added: count(changed.after),
    removed: count(changed.before),
    beforeLines: a.length,
    afterLines: b.length,
    ...{ skipped: 0, left: 0 },
  };
  const blocks = blocksOf(changed.before, changed.after);
  const context = contextLines ?? Math.max(a.length, b.length);
  for (const group of groupBlocks(blocks, context, a.length)) {
    diff.hunks.push(readHunk(group, context, a, b, hideWhitespace));
  }
  return diff;
}

const count = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0);

/** Each line with its line feed, so that a missing one at the end is a difference. */
export const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The same number for lines that count as alike. */
class LineNumbers {
  readonly #numbers = new Map<string, number>();

  constructor(private readonly hideWhitespace: boolean) {}

  of(lines: string[]): Int32Array {
    return Int32Array.from(lines, (line) => {
      const key = this.hideWhitespace ? line.replace(/\s+/g, '') : line;
      const known = this.#numbers.get(key);
      if (known !== undefined) return known;
      this.#numbers.set(key, this.#numbers.size);
      return this.#numbers.size - 1;
    });
  }
}

/** Lines that went, `from` to before `to`, and lines that came in their place. */
interface Block {
  gone: [from: number, to: number];
  come: [from: number, to: number];
}

function blocksOf(before: Uint8Array, after: Uint8Array): Block[] {
  const blocks: Block[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [goneFrom, comeFrom] = [i, j];
    while (before[i] === 1) i++;
    while (after[j] === 1) j++;
    if (i > goneFrom || j > comeFrom) blocks.push({ gone: [goneFrom, i], come: [comeFrom, j] });
    i++;
    j++;
  }
  return blocks;
}

/** Blocks so close that their contexts touch, or would leave one line between them. */
function groupBlocks(blocks: Block[], context: number, lines: number): Block[][] {
  const groups: Block[][] = [];
  let last: Block[] | undefined;
  for (const block of blocks) {
    const gap = block.gone[0] - (last?.at(-1)?.gone[1] ?? -lines - 2);
    if (last && gap <= 2 * context + 1) last.push(block);
    else {
      last = [block];
      groups.push(last);
    }
  }
  return groups;
}

function readHunk(
  group: Block[],
  context: number,
  a: string[],
  b: string[],
  hideWhitespace: boolean,
): PlainHunk {
  const first = group[0]!;
  const last = group.at(-1)!;
  const lead = Math.min(context, first.gone[0], first.come[0]);
  const trail = Math.min(context, a.length - last.gone[1], b.length - last.come[1]);
  const start = { before: first.gone[0] - lead, after: first.come[0] - lead };
  const end = { before: last.gone[1] + trail, after: last.come[1] + trail };
  const lines: PlainLine[] = [];
  let at = { ...start };
  const unchangedTo = (before: number) => {
    for (; at.before < before; at.before++, at.after++) {
      lines.push(lineAt('context', b[at.after]!, at.before + 1, at.after + 1));
    }
  };
  for (const { gone, come } of group) {
    unchangedTo(gone[0]);
    const pairs = pairLines(a.slice(...gone), b.slice(...come), hideWhitespace);
    for (let i = gone[0]; i < gone[1]; i++) {
      const pair = pairs.get(i - gone[0]);
      const line = lineAt('removed', a[i]!, i + 1, null);
      lines.push(pair ? { ...line, mate: come[0] + pair.come + 1, marks: pair.goneMarks } : line);
    }
    const mates = new Map([...pairs].map(([place, pair]) => [pair.come, { place, ...pair }]));
    for (let j = come[0]; j < come[1]; j++) {
      const pair = mates.get(j - come[0]);
      const line = lineAt('added', b[j]!, null, j + 1);
      lines.push(pair ? { ...line, mate: gone[0] + pair.place + 1, marks: pair.comeMarks } : line);
    }
    at = { before: gone[1], after: come[1] };
  }
  unchangedTo(end.before);
  return {
    beforeStart: start.before + 1,
    beforeLines: end.before - start.before,
    afterStart: start.after + 1,
    afterLines: end.after - start.after,
    section: sectionAbove(a, start.before),
    lines,
  };
}

/** The nearest line above that begins something: a function, a class, a heading. */
function sectionAbove(lines: string[], place: number): string {
  const lowest = Math.max(0, place - SECTION_MAX_LINES_UP);
  for (let i = place - 1; i >= lowest; i--) {
    if (SECTION.test(lines[i]!)) return lines[i]!.trim().slice(0, SECTION_MAX_LENGTH);
  }
  return '';
}

function lineAt(
  kind: DiffLine['kind'],
  line: string,
  before: number | null,
  after: number | null,
): PlainLine {
  const noNewline = !line.endsWith('\n');
  const text = noNewline ? line : line.slice(0, -1);
  return { kind, text, before, after, mate: null, noNewline, marks: [] };
}
