import { Marked } from 'marked';
import sanitizeHtml from 'sanitize-html';

/** Where a Markdown file lies, so that its relative links lead somewhere. */
export interface MarkdownPlace {
  /** Address of a file beside it is `linkBase + path`; ends in `/`. */
  linkBase: string;
  /** The same for the bytes of images. */
  imageBase: string;
  /** The folder of the file inside the repository, as segments. */
  folder: string[];
  /** What the anchors of its headings begin with; unlike others' on the same page. */
  anchors?: string;
  /** Whether a line end inside a paragraph is one on the page too, as in what people write by hand. */
  breaks?: boolean;
}

/** Characters that are rendered; what is longer is shown as a file only. */
export const MARKDOWN_MAX_LENGTH = 512 * 1024;

const ANCHORS = 'md-';
const marked = new Marked({ gfm: true, async: false });
const markedWithBreaks = new Marked({ gfm: true, async: false, breaks: true });
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Renders Markdown from users to HTML that is safe to show: a small list of elements and
 * attributes, no scripts, styles, forms or frames. Links leave the hub only by http, https and
 * mailto; pictures only come from the repository itself, others become links, so that a reader's
 * browser asks nobody else.
 */
export function renderMarkdown(markdown: string, place: MarkdownPlace): string {
  const { anchors = ANCHORS, breaks = false } = place;
  const html = parse(markdown.slice(0, MARKDOWN_MAX_LENGTH), breaks ? markedWithBreaks : marked);
  const ids = new Set<string>();
  return sanitizeHtml(numberHeadings(html, ids, anchors), {
    allowedTags: [
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'pre', 'code'],
      ...['strong', 'em', 'b', 'i', 'u', 's', 'del', 'ins', 'sub', 'sup', 'kbd', 'samp', 'mark'],
      ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'a', 'img', 'details', 'summary', 'input'],
      ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
    ],
    allowedAttributes: {
      a: ['href', 'rel', 'title'],
      img: ['src', 'alt', 'title', 'width', 'height', 'loading'],
      ol: ['start'],
      th: ['align'],
      td: ['align'],
      input: ['type', 'checked', 'disabled', 'aria-label'],
      ...Object.fromEntries(['h2', 'h3', 'h4', 'h5', 'h6'].map((tag) => [tag, ['id']])),
    },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    nestingLimit: 64,
    transformTags: {
      // An author's h1 is not the page's: one level down, so that the outline stays right.
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6].map((level) => [
          `h${level}`,
          (_: string, attribs: sanitizeHtml.Attributes) => ({
            tagName: `h${Math.min(6, level + 1)}`,
            attribs: keepOwnId(attribs, ids),
          }),
        ]),
      ),
      a: (_, attribs) => linkTag(attribs, place),
      img: (_, attribs) => imageTag(attribs, place),
      input: (_, attribs) => ({
        tagName: 'input',
        attribs: {
          type: 'checkbox',
          disabled: '',
          'aria-label': 'task',
          ...('checked' in attribs ? { checked: '' } : {}),
        },
      }),
    },
  });
}

function parse(markdown: string, parser: Marked): string {
  try {
    return parser.parse(markdown) as string;
  } catch (error) {
    // The parser recurses: a text nested thousands of levels deep is shown as it is written.
    if (!(error instanceof RangeError)) throw error;
    return `<pre>${sanitizeHtml(markdown, { allowedTags: [], disallowedTagsMode: 'escape' })}</pre>`;
  }
}

/** Ids that this renderer gave stay; an author's own could shadow names that scripts look up. */
function keepOwnId(attribs: sanitizeHtml.Attributes, ids: Set<string>): sanitizeHtml.Attributes {
  return attribs.id !== undefined && ids.has(attribs.id) ? { id: attribs.id } : {};
}

const ENTITY = /&(?:#\d+|#x[\da-f]+|\w+);/gi;

/** Gives every heading an anchor made of its text. */
function numberHeadings(html: string, ids: Set<string>, anchors: string): string {
  return html.replace(/<(h[1-6])>(.*?)<\/\1>/gs, (_, tag: string, inner: string) => {
    const text = inner.replace(/<[^>]*>/g, '').replace(ENTITY, '');
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s+/g, '-');
    let id = anchors + slug;
    for (let n = 1; ids.has(id); n++) id = `${anchors}${slug}-${n}`;
    ids.add(id);
    return `<${tag} id="${id}">${inner}</${tag}>`;
  });
}

function linkTag(attribs: sanitizeHtml.Attributes, place: MarkdownPlace): sanitizeHtml.Tag {
  const href = attribs.href ?? '';
  const title: sanitizeHtml.Attributes = attribs.title ? { title: attribs.title } : {};
  if (href.startsWith('#')) {
    return {
      tagName: 'a',
      attribs: { href: `#${place.anchors ?? ANCHORS}${href.slice(1).toLowerCase()}`, ...title },
    };
  }
  if (SCHEME.test(href) || href.startsWith('//')) {
    return { tagName: 'a', attribs: { href, rel: 'nofollow noopener ugc', ...title } };
  }
  const inside = resolveInside(href, place.folder);
  return {
    tagName: 'a',
    attribs: inside === null ? title : { href: place.linkBase + inside, ...title },
  };
}

function imageTag(attribs: sanitizeHtml.Attributes, place: MarkdownPlace): sanitizeHtml.Tag {
  const src = attribs.src ?? '';
  const alt = attribs.alt ?? '';
  if (SCHEME.test(src) || src.startsWith('//')) {
    const rel = 'nofollow noopener ugc';
    return { tagName: 'a', attribs: { href: src, rel }, text: alt || 'image' };
  }
  const inside = resolveInside(src, place.folder);
  if (inside === null) return { tagName: 'em', attribs: {}, text: alt || 'image' };
  const size: sanitizeHtml.Attributes = {};
  for (const side of ['width', 'height'] as const) {
    if (/^\d{1,4}$/.test(attribs[side] ?? '')) size[side] = attribs[side]!;
  }
  return {
    tagName: 'img',
    attribs: { src: place.imageBase + inside, alt, loading: 'lazy', ...size },
  };
}

/** A relative address as an encoded path inside the repository; null when it leads out of it. */
function resolveInside(address: string, folder: string[]): string | null {
  const [, path = '', tail = ''] = /^([^?#]*)(.*)$/s.exec(address) ?? [];
  const segments = path.startsWith('/') ? [] : [...folder];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (segments.pop() === undefined) return null;
      continue;
    }
    try {
      segments.push(decodeURIComponent(part));
    } catch {
      return null;
    }
  }
  const fragment = tail.includes('#') ? `#${ANCHORS}${tail.slice(tail.indexOf('#') + 1)}` : '';
  return segments.map(encodeURIComponent).join('/') + fragment;
}
