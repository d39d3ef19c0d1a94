import { escapeHtml } from '~/server/services/escape-html';
import { type DiffLayout, type Gap, gapRow, rowsHtml, type ShownDiff } from './diff-rows';

type Hunk = ShownDiff['hunks'][number];

/**
 * The lines of a difference, with a row between hunks that leads to what is not shown. `source` says
 * from where the browser loads it; `whole` is the address of the file with all its lines.
 */
export function DiffLines({
  diff,
  layout,
  label,
  whole,
  source,
}: {
  diff: ShownDiff;
  layout: DiffLayout;
  label: string;
  whole: string;
  source: { owner: string; slug: string; commit: string; path: string };
}) {
  const address = escapeHtml(whole);
  const html = diff.hunks
    .map((hunk, index) => {
      // Above the first hunk of a later page are lines that changed, not lines that are left out.
      const isCut = index === 0 && diff.skipped > 0;
      const gap = isCut ? null : gapAbove(diff.hunks[index - 1] ?? null, hunk);
      const head = gap || index > 0 || isCut ? gapRow(gap, headerOf(hunk), address) : '';
      return head + rowsHtml(hunk.lines, layout);
    })
    .join('');
  const rest = gapBelow(diff);
  return (
    <section
      aria-label={label}
      className={`code diff-${layout}`}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: every text in it is escaped
      dangerouslySetInnerHTML={{ __html: rest ? html + gapRow(rest, '', address) : html }}
      data-layout={layout}
      data-source={JSON.stringify(source)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard
      tabIndex={0}
    />
  );
}

/** `@@ -1,3 +1,4 @@ section`, as HTML. */
function headerOf(hunk: Hunk): string {
  const before = `${hunk.beforeLines === 0 ? hunk.beforeStart - 1 : hunk.beforeStart},${hunk.beforeLines}`;
  const after = `${hunk.afterLines === 0 ? hunk.afterStart - 1 : hunk.afterStart},${hunk.afterLines}`;
  const section = hunk.section && ` <bdi>${escapeHtml(hunk.section)}</bdi>`;
  return `@@ -${before} +${after} @@${section}`;
}

function gapAbove(last: Hunk | null, hunk: Hunk): Gap | null {
  const from = last ? last.afterStart + last.afterLines : 1;
  const to = hunk.afterStart - 1;
  const offset = hunk.beforeStart - hunk.afterStart;
  return from > to ? null : { from, to, offset, above: last !== null, below: true };
}

function gapBelow(diff: ShownDiff): Gap | null {
  const last = diff.hunks.at(-1);
  if (!last || diff.left > 0) return null;
  const from = last.afterStart + last.afterLines;
  const offset = last.beforeStart + last.beforeLines - from;
  if (from > diff.afterLines) return null;
  return { from, to: diff.afterLines, offset, above: true, below: false };
}
