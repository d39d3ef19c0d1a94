import type { Answers } from '~/server/api/root';

/**
 * Rows of a difference as HTML, made from lines that are safe HTML already. The server draws pages
 * with it, and the browser the lines that are loaded into them later: strings, because elements for
 * each of thousands of lines would be sent twice.
 */

export type ShownDiff = NonNullable<Answers['compare']['diff']['files'][number]['diff']>;
export type ShownLine = ShownDiff['hunks'][number]['lines'][number];
export type DiffLayout = 'unified' | 'split';

/** A line on one side of the split view; null where there is none. */
export type SplitRow = [left: ShownLine | null, right: ShownLine | null];

/**
 * Lines of a hunk side by side: unchanged ones twice, a changed line beside what it became, and what
 * has no counterpart beside what else changed there.
 */
export function splitLines(lines: ShownLine[]): SplitRow[] {
  const rows: SplitRow[] = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at]!.kind === 'context') {
      rows.push([lines[at]!, lines[at++]!]);
      continue;
    }
    const block = blockAt(lines, at);
    at += block.length;
    const left = block.filter(({ kind }) => kind === 'removed');
    const right = block.filter(({ kind }) => kind === 'added');
    placeBlock(left, right, rows);
  }
  return rows;
}

/** The removed lines from here on and the added ones behind them. */
function blockAt(lines: ShownLine[], at: number): ShownLine[] {
  let end = at;
  while (lines[end]?.kind === 'removed') end++;
  while (lines[end]?.kind === 'added') end++;
  return lines.slice(at, end);
}

function placeBlock(left: ShownLine[], right: ShownLine[], rows: SplitRow[]): void {
  let i = 0;
  let j = 0;
  const placeTo = (iEnd: number, jEnd: number) => {
    while (i < iEnd || j < jEnd) {
      rows.push([i < iEnd ? left[i++]! : null, j < jEnd ? right[j++]! : null]);
    }
  };
  for (const [index, line] of left.entries()) {
    const mate = line.mate === null ? -1 : right.findIndex(({ after }) => after === line.mate);
    if (mate < j) continue;
    placeTo(index, mate);
    rows.push([left[i++]!, right[j++]!]);
  }
  placeTo(left.length, right.length);
}

const SIGNS = { context: ' ', added: '+', removed: '−' } as const;
const SAID = { context: '', added: 'added ', removed: 'removed ' } as const;

function cell(line: ShownLine): string {
  const said = SAID[line.kind] && `<span class="sr-only">${SAID[line.kind]}</span>`;
  const end = line.noNewline
    ? '<span class="diff-no-newline" title="no line break at the end of the file">⏎</span>'
    : '';
  const sign = `<span class="diff-sign" aria-hidden="true">${SIGNS[line.kind]}</span>`;
  return `${sign}${said}<code class="code-text">${line.html || ' '}${end}</code>`;
}

const number = (n: number | null): string =>
  `<span class="diff-number" data-line="${n ?? ''}"></span>`;

const unifiedRow = (line: ShownLine): string =>
  `<div class="diff-row" data-kind="${line.kind}">${number(line.before)}${number(line.after)}${cell(line)}</div>`;

function splitRow([left, right]: SplitRow): string {
  const side = (line: ShownLine | null, n: number | null) =>
    line
      ? `<div class="diff-side" data-kind="${line.kind}">${number(n)}${cell(line)}</div>`
      : '<div class="diff-side" data-kind="none"></div>';
  const same = left?.kind === 'context' ? ' data-same' : '';
  return `<div class="diff-pair"${same}>${side(left, left?.before ?? null)}${side(right, right?.after ?? null)}</div>`;
}

/** Lines in the order they are read, in the layout that is asked for. */
export const rowsHtml = (lines: ShownLine[], layout: DiffLayout): string =>
  layout === 'split' ? splitLines(lines).map(splitRow).join('') : lines.map(unifiedRow).join('');

/** Unchanged lines that are not shown: numbers of the newer file, and what older numbers add to them. */
export interface Gap {
  from: number;
  to: number;
  offset: number;
  /** Whether shown lines stand above and below it. */
  above: boolean;
  below: boolean;
}

/** Lines that one press of a button shows; a gap that is not much longer is shown whole. */
export const STEP_LINES = 30;

type Way = 'all' | 'down' | 'up';

/** Which lines each button of a gap shows. */
export function stepsOf({ from, to, above, below }: Gap): { way: Way; from: number; to: number }[] {
  if (to - from < STEP_LINES * 2) return [{ way: 'all', from, to }];
  const down = { way: 'down' as const, from, to: from + STEP_LINES - 1 };
  const up = { way: 'up' as const, from: to - STEP_LINES + 1, to };
  return [...(above ? [down] : []), ...(below ? [up] : [])];
}

const ARROWS = { all: '↕', down: '↓', up: '↑' };

/** `whole` is the address, as HTML, where the file stands with all of its lines. */
export function gapButtons(gap: Gap, whole: string): string {
  return stepsOf(gap)
    .map(({ way, from, to }) => {
      const what = way === 'all' ? `all ${to - from + 1} lines` : `${to - from + 1} lines`;
      const said = {
        all: `Show ${what} between`,
        down: `Show ${what} below`,
        up: `Show ${what} above`,
      };
      return `<a class="diff-expand" data-from="${from}" data-to="${to}" data-way="${way}" href="${whole}"><span aria-hidden="true">${ARROWS[way]} </span>${said[way]}</a>`;
    })
    .join('');
}

/** The row between hunks. `header` and `whole` are HTML. */
export function gapRow(gap: Gap | null, header: string, whole: string): string {
  const data = gap
    ? ` data-gap="${gap.from} ${gap.to} ${gap.offset} ${Number(gap.above)} ${Number(gap.below)}"`
    : '';
  const buttons = gap ? gapButtons(gap, whole) : '';
  return `<div class="diff-row diff-hunk"${data}><span class="diff-hunk-text">${header}</span>${buttons}</div>`;
}

/** Reads what `gapRow` wrote. */
export function gapOf(text: string): Gap {
  const [from, to, offset, above, below] = text.split(' ').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { from, to, offset, above: above === 1, below: below === 1 };
}

/** An unchanged line that was loaded later. */
export const contextLine = (html: string, after: number, offset: number): ShownLine => ({
  ...{ kind: 'context', text: '', html, before: after + offset, after },
  ...{ mate: null, noNewline: false },
});
