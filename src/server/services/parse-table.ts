/** A file of rows and columns, as far as it is shown. */
export interface TableView {
  /** The names of the columns: the first row. */
  header: string[];
  /** The rows below it; each has as many cells as the header. */
  rows: string[][];
  /** All rows below the header, also those beyond what is shown. */
  rowCount: number;
  /** Columns of the widest row, also those beyond what is shown. */
  columnCount: number;
}

export const TABLE_MAX_ROWS = 1_000;
export const TABLE_MAX_COLUMNS = 100;
/** Characters of a cell; what is longer is cut and ends in an ellipsis. */
export const CELL_MAX_LENGTH = 1_000;

const DELIMITERS = [',', ';', '\t', '|'];

/** Whether a file's name says that it is a table. */
export const isTableName = (name: string): boolean => /\.(csv|tsv)$/i.test(name);

/**
 * Reads a table of RFC 4180: cells between delimiters, in quotes where they hold delimiters, line ends
 * or doubled quotes. The delimiter of a `.tsv` is the tab, of any other the one that the first line
 * has most of. Null when the text is empty or a quote is not closed; every other text is a table.
 */
export function parseTable(text: string, name: string): TableView | null {
  if (text.trim() === '') return null;
  const delimiter = /\.tsv$/i.test(name) ? '\t' : delimiterOf(text);
  const shown: string[][] = [];
  let rowCount = 0;
  let columnCount = 0;
  for (let at = 0; at < text.length; ) {
    const row = readRow(text, at, delimiter);
    if (row === null) return null;
    at = row.end;
    if (row.count === 1 && row.cells[0] === '') continue;
    rowCount++;
    columnCount = Math.max(columnCount, row.count);
    if (shown.length <= TABLE_MAX_ROWS) shown.push(row.cells);
  }
  const width = Math.min(columnCount, TABLE_MAX_COLUMNS);
  for (const cells of shown) while (cells.length < width) cells.push('');
  const [header = [], ...rows] = shown;
  return { header, rows, rowCount: rowCount - 1, columnCount };
}

/** The delimiter that stands most often in the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const counts = DELIMITERS.map((delimiter) => readRow(text, 0, delimiter)?.count ?? 0);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** The row that begins at `from`, and where the next one does; null when a quote is not closed. */
function readRow(
  text: string,
  from: number,
  delimiter: string,
): { cells: string[]; count: number; end: number } | null {
  const cells: string[] = [];
  let count = 0;
  for (let at = from; ; at++) {
    let cell = '';
    if (text[at] === '"') {
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close === -1) return null;
        cell += text.slice(at + 1, close);
        at = close + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
    }
    // What follows a closing quote belongs to the cell, as readers of such files have it.
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
    const lineEnds = at >= text.length || text[at] === '\n';
    cell += text.slice(start, lineEnds && text[at - 1] === '\r' ? Math.max(start, at - 1) : at);
    if (count++ < TABLE_MAX_COLUMNS) cells.push(cut(cell));
    if (lineEnds) return { cells, count, end: at + 1 };
  }
}

const cut = (cell: string): string =>
  cell.length <= CELL_MAX_LENGTH ? cell : `${cell.slice(0, CELL_MAX_LENGTH - 1)}…`;
