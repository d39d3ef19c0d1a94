import type { Answers } from '~/server/api/root';
import { escapeHtml } from '~/server/services/highlight-code';

type Hunks = NonNullable<Answers['commit']['diff']['files'][number]['diff']>['hunks'];

const SIGNS = { context: ' ', added: '+', removed: '−' } as const;
const SAID = { context: '', added: 'added ', removed: 'removed ' } as const;

/**
 * The lines of a unified difference, as one string of escaped HTML: elements for each of thousands
 * of lines would be sent twice, as HTML and as the tree that wakes it up.
 */
export function DiffLines({ hunks, label }: { hunks: Hunks; label: string }) {
  const html = hunks
    .map(
      ({ header, lines }) =>
        `<div class="diff-row diff-hunk">${escapeHtml(header)}</div>${lines.map(lineHtml).join('')}`,
    )
    .join('');
  return (
    <section
      aria-label={label}
      className="code"
      // biome-ignore lint/security/noDangerouslySetInnerHtml: every text in it is escaped
      dangerouslySetInnerHTML={{ __html: html }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard
      tabIndex={0}
    />
  );
}

function lineHtml({
  kind,
  text,
  before,
  after,
  noNewline,
}: Hunks[number]['lines'][number]): string {
  const said = SAID[kind] && `<span class="sr-only">${SAID[kind]}</span>`;
  const end = noNewline
    ? '<span class="diff-no-newline" title="no line break at the end of the file">⏎</span>'
    : '';
  return `<div class="diff-row" data-kind="${kind}"><span class="diff-number" data-line="${before ?? ''}"></span><span class="diff-number" data-line="${after ?? ''}"></span><span class="diff-sign" aria-hidden="true">${SIGNS[kind]}</span>${said}<code class="code-text">${escapeHtml(text) || ' '}</code>${end}</div>`;
}
