import type {
  ComparedFile,
  CompareOptions,
  DiffHunk,
  FileToCompare,
  TextDiff,
} from '~/server/ports/compute';
import { codeHtml, type Token } from './code-html';
import { cutDiff } from './cut-diff';
import { diffText, type PlainDiff, type PlainLine } from './diff-text';
import { tokenizeLines } from './highlight-code';
import { textOf } from './read-file';

/** Colours of all files of one job together; what is left then is plain. */
const COLOUR_MAX_MS = 800;
/** Characters of one side that is coloured. */
const COLOUR_MAX_LENGTH = 200_000;
const LINE_END = /\r?\n$/;

/**
 * What differs between the two sides of files: text line by line, coloured as far as the time for it
 * goes; what is no text on either side is only known to differ. See `Compute`.
 */
export async function compareFiles(
  files: FileToCompare[],
  options: CompareOptions,
): Promise<ComparedFile[]> {
  let linesLeft = options.linesMax;
  let colourMs = COLOUR_MAX_MS;
  const compared: ComparedFile[] = [];
  for (const { name, before, after } of files) {
    const left = before === null ? '' : textOf(before);
    const right = after === null ? '' : textOf(after);
    if (left === null || right === null) {
      compared.push({ kind: 'binary' });
      continue;
    }
    const whole = diffText(left, right, options);
    const diff = options.skip === null ? whole : cutDiff(whole, options.skip, options.linesMax);
    const lines = diff.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
    if (lines > linesLeft) {
      compared.push({ kind: 'too-many-lines', added: diff.added, removed: diff.removed });
      continue;
    }
    linesLeft -= lines;
    const started = performance.now();
    compared.push({ kind: 'text', diff: await drawDiff(diff, left, right, name, colourMs) });
    colourMs -= performance.now() - started;
  }
  return compared;
}

/** Adds the HTML of each line. */
async function drawDiff(
  diff: PlainDiff,
  before: string,
  after: string,
  name: string,
  maxMs: number,
): Promise<TextDiff> {
  const last = diff.hunks.at(-1);
  const ends = {
    before: last ? last.beforeStart - 1 + last.beforeLines : 0,
    after: last ? last.afterStart - 1 + last.afterLines : 0,
  };
  const tokens = {
    before: diff.removed > 0 ? await colour(before, ends.before, name, maxMs / 2) : [],
    after: await colour(after, ends.after, name, maxMs / 2),
  };
  const htmlOf = (line: PlainLine): string => {
    const own =
      line.after === null ? tokens.before[line.before! - 1] : tokens.after[line.after - 1];
    return codeHtml(line.text.replace(/\r$/, ''), own ?? [], line.marks);
  };
  const hunks: DiffHunk[] = diff.hunks.map((hunk) => ({
    ...hunk,
    lines: hunk.lines.map((line) => {
      const { marks: _, ...rest } = line;
      return { ...rest, html: htmlOf(line) };
    }),
  }));
  return { ...diff, hunks };
}

/** The tokens of a text's first lines: those above what is shown too, since they decide about it. */
async function colour(text: string, lines: number, name: string, maxMs: number) {
  if (maxMs <= 0 || text.length > COLOUR_MAX_LENGTH) return [] as Token[][];
  const wanted = text.split('\n', lines).map((line) => line.replace(LINE_END, ''));
  return tokenizeLines(
    wanted.map((line) => line.replace(/\r$/, '')),
    name,
    maxMs,
  );
}
