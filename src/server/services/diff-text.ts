import { structuredPatch } from 'diff';

export interface DiffLine {
  kind: 'context' | 'added' | 'removed';
  text: string;
  /** Line numbers, from 1; null on the side where the line is not. */
  before: number | null;
  after: number | null;
  /** The file ends here without a line break. */
  noNewline: boolean;
}

export interface DiffHunk {
  /** `@@ -1,3 +1,4 @@` */
  header: string;
  lines: DiffLine[];
}

export interface TextDiff {
  hunks: DiffHunk[];
  added: number;
  removed: number;
}

/** How long one file may be compared before the coarse way is taken. */
const DIFF_MAX_MS = 250;
const CONTEXT_LINES = 3;

/**
 * The unified difference of two texts, with three lines of context. Texts that are too different to
 * be compared line by line in time are told as one block removed and one added: coarse, but true.
 */
export function diffText(before: string, after: string, maxMs = DIFF_MAX_MS): TextDiff {
  const patch =
    structuredPatch('', '', before, after, '', '', { context: CONTEXT_LINES, timeout: maxMs }) ??
    coarsePatch(before, after);
  const diff: TextDiff = { hunks: [], added: 0, removed: 0 };
  for (const hunk of patch.hunks) {
    const read = readHunk(hunk);
    diff.hunks.push(read);
    for (const { kind } of read.lines) if (kind !== 'context') diff[kind]++;
  }
  return diff;
}

interface PatchHunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
}

function readHunk(hunk: PatchHunk): DiffHunk {
  let before = hunk.oldStart;
  let after = hunk.newStart;
  const lines: DiffLine[] = [];
  for (const line of hunk.lines) {
    const last = lines.at(-1);
    if (line.startsWith('\\')) {
      if (last) last.noNewline = true;
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'added', ...lineAt(line, null, after++) });
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'removed', ...lineAt(line, before++, null) });
    } else {
      lines.push({ kind: 'context', ...lineAt(line, before++, after++) });
    }
  }
  const header = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
  return { header, lines };
}

const lineAt = (line: string, before: number | null, after: number | null) => ({
  text: line.slice(1).replace(/\r$/, ''),
  before,
  after,
  noNewline: false,
});

/** Everything between the common start and the common end, as one hunk. */
function coarsePatch(before: string, after: string): { hunks: PatchHunk[] } {
  const a = splitLines(before);
  const b = splitLines(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  const room = Math.min(a.length, b.length) - start;
  while (end < room && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const removed = a.slice(start, a.length - end);
  const added = b.slice(start, b.length - end);
  const mark = (sign: string, line: string) =>
    line.endsWith('\n') ? [sign + line.slice(0, -1)] : [sign + line, '\\'];
  return {
    hunks: [
      {
        oldStart: start + 1,
        oldLines: removed.length,
        newStart: start + 1,
        newLines: added.length,
        lines: [
          ...removed.flatMap((line) => mark('-', line)),
          ...added.flatMap((line) => mark('+', line)),
        ],
      },
    ],
  };
}

const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
