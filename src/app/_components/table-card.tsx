import type { Answers } from '~/server/api/root';
import { escapeHtml } from '~/server/services/escape-html';
import { count, counted } from './wording';

type ShownTable = NonNullable<NonNullable<NonNullable<Answers['tree']['browse']>['file']>['table']>;

const NUMBER = /^\s*[-+]?[\d.,]*\d\s*%?\s*$/;

/**
 * A file of rows and columns, in a box of its own that scrolls below the names of its columns. One
 * string for all cells, for the reason that CodeLines has.
 */
export function TableCard({
  table,
  name,
  plain,
}: {
  table: ShownTable;
  name: string;
  /** The address of the file as plain text. */
  plain: string;
}) {
  const { header, rows, rowCount, columnCount } = table;
  const cut = rows.length < rowCount || header.length < columnCount;
  // A column without a name has no header to be read out.
  const head = header
    .map((cell) =>
      cell.trim() === '' ? '<td></td>' : `<th scope="col" dir="auto">${escapeHtml(cell)}</th>`,
    )
    .join('');
  const body = rows
    .map((cells, index) => {
      const tds = cells.map(
        (cell) =>
          `<td dir="auto"${NUMBER.test(cell) ? ' data-number' : ''}>${escapeHtml(cell)}</td>`,
      );
      return `<tr><th scope="row">${index + 1}</th>${tds.join('')}</tr>`;
    })
    .join('');
  return (
    <>
      {cut && (
        <p className="border-line border-b px-4 py-2 text-muted text-xs">
          {rows.length < rowCount &&
            `The first ${count(rows.length)} of ${counted(rowCount, 'row')}`}
          {rows.length < rowCount && header.length < columnCount && ', '}
          {header.length < columnCount &&
            `the first ${count(header.length)} of ${counted(columnCount, 'column')}`}
          . The rest is in the{' '}
          <a className="link underline" href={plain}>
            plain text
          </a>
          .
        </p>
      )}
      <section
        aria-label={name}
        className="table-box"
        // biome-ignore lint/security/noDangerouslySetInnerHtml: escaped above
        dangerouslySetInnerHTML={{
          __html: `<table><thead><tr><th scope="col"><span class="sr-only">Row</span></th>${head}</tr></thead><tbody>${body}</tbody></table>`,
        }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard
        tabIndex={0}
      />
    </>
  );
}
