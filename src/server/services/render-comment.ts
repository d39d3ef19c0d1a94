import type { Id } from '~/muse/ids';
import type { OpenRepository } from './open-repository';
import { renderMarkdown } from './render-markdown';

/**
 * A comment's Markdown as safe HTML; line ends are kept, its links lead into the files of its commit.
 * `name` keeps the anchors of its headings apart from those of other comments on the page.
 */
export function renderComment(
  { entry }: OpenRepository,
  commitId: Id,
  { name, body }: { name: string; body: string },
): string {
  const base = (room: string) =>
    `${[entry.owner, entry.slug, room, commitId].map((part) => `/${encodeURIComponent(part)}`).join('')}/`;
  return renderMarkdown(body, {
    ...{ linkBase: base('blob'), imageBase: base('raw'), folder: [] },
    ...{ anchors: `${name}-`, breaks: true },
  });
}
