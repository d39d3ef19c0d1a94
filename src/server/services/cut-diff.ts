import type { PlainDiff, PlainHunk, PlainLine } from './diff-text';

/** Where a cut may be moved up to, so that it does not fall into a block of changes. */
const MOVED_MAX_LINES = 400;

/**
 * The part of a difference that is drawn at once: at most `max` lines behind the first `skipped`.
 * It ends before a block of changes rather than within one, where such a place is near.
 */
export function cutDiff(diff: PlainDiff, skipped: number, max: number): PlainDiff {
  const lines = diff.hunks.flatMap((hunk) => hunk.lines);
  const from = Math.min(skipped, lines.length);
  const to = from + max < lines.length ? endBefore(lines, from, from + max) : lines.length;
  if (from === 0 && to === lines.length) return diff;
  const hunks: PlainHunk[] = [];
  let place = 0;
  for (const hunk of diff.hunks) {
    const first = Math.max(0, from - place);
    const last = Math.min(hunk.lines.length, to - place);
    place += hunk.lines.length;
    if (first < last) hunks.push(cutHunk(hunk, first, last));
  }
  return { ...diff, hunks, skipped: from, left: lines.length - to };
}

/** The end at or above `end` behind which no line belongs to changes that began before it. */
function endBefore(lines: PlainLine[], from: number, end: number): number {
  const lowest = Math.max(from + 1, end - MOVED_MAX_LINES);
  for (let at = end; at >= lowest; at--) {
    const above = lines[at - 1]!.kind;
    const below = lines[at]!.kind;
    if (above === 'context' || below === 'context' || (above === 'added' && below === 'removed')) {
      return at;
    }
  }
  return end;
}

function cutHunk(hunk: PlainHunk, first: number, last: number): PlainHunk {
  const gone = hunk.lines.slice(0, first);
  const lines = hunk.lines.slice(first, last);
  const onSide = (side: 'before' | 'after', of: PlainLine[]) =>
    of.reduce((sum, line) => sum + Number(line[side] !== null), 0);
  return {
    beforeStart: hunk.beforeStart + onSide('before', gone),
    beforeLines: onSide('before', lines),
    afterStart: hunk.afterStart + onSide('after', gone),
    afterLines: onSide('after', lines),
    section: hunk.section,
    lines,
  };
}
