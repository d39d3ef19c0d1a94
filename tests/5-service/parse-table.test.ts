import { describe, expect, it } from 'vitest';
import {
  CELL_MAX_LENGTH,
  parseTable,
  TABLE_MAX_COLUMNS,
  TABLE_MAX_ROWS,
} from '~/server/services/parse-table';

const all = (text: string, name = 'a.csv') => {
  const table = parseTable(text, name);
  return table && [table.header, ...table.rows];
};

describe('a table', () => {
  it('has a header and rows; quotes hold delimiters, lines and quotes', () => {
    expect(all('a,b\r\n1,"x, ""y""\nz"\r\n"",2')).toEqual([
      ['a', 'b'],
      ['1', 'x, "y"\nz'],
      ['', '2'],
    ]);
  });

  it('is parted by what its first line has most of, a TSV by tabs', () => {
    expect(all('a;b;c\n1,5;2;3')).toEqual([
      ['a', 'b', 'c'],
      ['1,5', '2', '3'],
    ]);
    expect(all('a|b\n1|2')?.[1]).toEqual(['1', '2']);
    expect(all('a,b,c\td\n1\t2', 'a.tsv')).toEqual([
      ['a,b,c', 'd'],
      ['1', '2'],
    ]);
    expect(all('"a;b;c;d",e\n1,2')?.[0]).toEqual(['a;b;c;d', 'e']);
  });

  it('fills up short rows and passes over empty lines', () => {
    expect(all('a,b,c\n\n1\n\r\n1,2,3,4\n')).toEqual([
      ['a', 'b', 'c', ''],
      ['1', '', '', ''],
      ['1', '2', '3', '4'],
    ]);
  });

  it('keeps what stands behind a closing quote and a quote inside a cell', () => {
    expect(all('"a"b,c "d" e\n')).toEqual([['ab', 'c "d" e']]);
  });

  it('of one column has one', () => {
    expect(all('name\nada\n')).toEqual([['name'], ['ada']]);
  });

  it('is none when it is empty or a quote is not closed', () => {
    expect(parseTable(' \n\n', 'a.csv')).toBeNull();
    expect(parseTable('a,b\n1,"2\n3,4\n', 'a.csv')).toBeNull();
  });

  it('is shown within bounds, and tells what there is beyond them', () => {
    const wide = Array.from({ length: TABLE_MAX_COLUMNS + 5 }, (_, n) => `c${n}`).join(',');
    const long = Array.from({ length: TABLE_MAX_ROWS + 7 }, (_, n) => `${n}`).join('\n');
    const table = parseTable(`${wide}\n${long}\n`, 'a.csv')!;
    expect(table).toMatchObject({
      rowCount: TABLE_MAX_ROWS + 7,
      columnCount: TABLE_MAX_COLUMNS + 5,
    });
    expect(table.header).toHaveLength(TABLE_MAX_COLUMNS);
    expect(table.rows).toHaveLength(TABLE_MAX_ROWS);
    expect(new Set(table.rows.map((row) => row.length))).toEqual(new Set([TABLE_MAX_COLUMNS]));
    const cell = parseTable(`a\n${'x'.repeat(CELL_MAX_LENGTH + 1)}`, 'a.csv')!.rows[0]![0]!;
    expect([cell.length, cell.at(-1)]).toEqual([CELL_MAX_LENGTH, '…']);
  });

  it('takes time in the measure of its length, quotes or none', () => {
    const quotes = '"'.repeat(200_001);
    expect(parseTable(quotes, 'a.csv')).toBeNull();
    expect(parseTable(`${'a,'.repeat(300_000)}\n`, 'a.csv')?.columnCount).toBe(300_001);
  });
});
