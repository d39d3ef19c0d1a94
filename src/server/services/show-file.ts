import type { Id } from '~/muse/ids';
import { ComputeOverrun, type MidiView } from '~/server/ports/compute';
import type { BrowseDeps } from './browse-deps';
import type { FileFacts, ReadmeFile } from './browse-tree';
import { escapeHtml } from './escape-html';
import { languageOf, linesOf } from './highlight-code';
import type { OpenRepository } from './open-repository';
import { isTableName, parseTable, type TableView } from './parse-table';
import { readFiles, textOf } from './read-file';
import { renderMarkdown } from './render-markdown';
import type { ResolvedRef } from './resolve-ref';

type FileDeps = Pick<BrowseDeps, 'records' | 'objects' | 'compute'>;

/** Bytes of a text file that is shown; larger ones are offered for download. */
export const SHOWN_FILE_MAX_BYTES = 1024 ** 2;

/** Bytes of a MIDI file that is drawn. */
export const DRAWN_MIDI_MAX_BYTES = 4 * 1024 ** 2;

export type FileView = 'text' | 'image' | 'audio' | 'midi' | 'binary' | 'too-large';

export interface ShownFile {
  name: string;
  id: Id;
  size: number;
  polyglot: string;
  view: FileView;
  /** Lines as safe HTML; null unless `view` is `text`. */
  lines: string[] | null;
  language: string | null;
  markdown: string | null;
  /** The cells of a CSV or TSV file; null when it is none. */
  table: TableView | null;
  /** The notes of a MIDI file; null unless `view` is `midi`. */
  midi: MidiView | null;
  /** Why a file is not what its name says, as the end of a sentence; '' where it is. */
  problem: string;
}

/**
 * What is shown inside a page under which media type, by the end of a file's name. Whatever is not
 * listed is downloaded, never shown: a browser runs scripts in HTML, SVG, XML and PDF.
 */
const SHOWN_MEDIA: Record<string, { view: 'image' | 'audio'; mediaType: string }> = {
  png: { view: 'image', mediaType: 'image/png' },
  jpg: { view: 'image', mediaType: 'image/jpeg' },
  jpeg: { view: 'image', mediaType: 'image/jpeg' },
  gif: { view: 'image', mediaType: 'image/gif' },
  webp: { view: 'image', mediaType: 'image/webp' },
  avif: { view: 'image', mediaType: 'image/avif' },
  mp3: { view: 'audio', mediaType: 'audio/mpeg' },
  wav: { view: 'audio', mediaType: 'audio/wav' },
  ogg: { view: 'audio', mediaType: 'audio/ogg' },
  oga: { view: 'audio', mediaType: 'audio/ogg' },
  opus: { view: 'audio', mediaType: 'audio/ogg' },
  flac: { view: 'audio', mediaType: 'audio/flac' },
  m4a: { view: 'audio', mediaType: 'audio/mp4' },
  aac: { view: 'audio', mediaType: 'audio/aac' },
  weba: { view: 'audio', mediaType: 'audio/webm' },
};

/** The picture or sound that a file's name says it is; null for anything else. */
export function mediaOf(name: string): { view: 'image' | 'audio'; mediaType: string } | null {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(SHOWN_MEDIA, ending) ? SHOWN_MEDIA[ending]! : null;
}

/**
 * Whether a file's name promises text, which is then sent as `text/plain` whatever it holds. What
 * browsers run by its own type (HTML, SVG, XML) is source code here and shown as such on its page.
 */
export const isShownText = (name: string): boolean => {
  const language = languageOf(name);
  return (language !== null && !RUN_BY_BROWSERS.has(language)) || TEXT_NAMES.test(name);
};

const RUN_BY_BROWSERS = new Set(['html', 'xml', 'xsl']);
const TEXT_NAMES =
  /(^|[/])(license|licence|copying|notice|authors|readme|changelog|todo)$|\.(txt|text|log|csv|tsv|diff|patch)$/i;

/** A file as a page shows it; bytes are verified as they are read. */
export async function showFile(
  repo: OpenRepository,
  ref: ResolvedRef,
  { name, file }: { name: string; file: FileFacts },
  deps: FileDeps,
): Promise<ShownFile> {
  const none = { lines: null, language: null, markdown: null, table: null, midi: null };

  const shown = { name, ...file, ...none, problem: '' };
  const media = file.polyglot === '' ? mediaOf(name) : null;
  if (media) return { ...shown, view: media.view };
  if (isMidiName(name) && file.polyglot === '' && file.size <= DRAWN_MIDI_MAX_BYTES) {
    return { ...shown, ...(await showMidi(repo, file, deps)) };
  }
  if (file.size > SHOWN_FILE_MAX_BYTES) return { ...shown, view: 'too-large' };
  const text = textOf((await readFiles(repo, [file.id], SHOWN_FILE_MAX_BYTES, deps)).get(file.id)!);
  if (text === null) return { ...shown, view: 'binary' };
  const folder = ref.path.slice(0, -1);
  return {
    ...shown,
    view: 'text',
    lines: await colour(text, name, deps.compute),
    language: languageOf(name),
    markdown: isMarkdown(name) ? renderMarkdown(text, placeOf(repo, ref, folder)) : null,
    table: isTableName(name) ? parseTable(text, name) : null,
  };
}

/** Lines as safe HTML: coloured, or plain where that takes too long. */
async function colour(text: string, name: string, compute: FileDeps['compute']): Promise<string[]> {
  try {
    return await compute.highlightLines(text, name);
  } catch (error) {
    if (ComputeOverrun.is(error)) return linesOf(text).map(escapeHtml);
    throw error;
  }
}

/** Whether a file's name says that it is a Standard MIDI File. */
export const isMidiName = (name: string): boolean => /\.midi?$/i.test(name);

async function showMidi(
  repo: OpenRepository,
  file: FileFacts,
  deps: FileDeps,
): Promise<Pick<ShownFile, 'view' | 'midi' | 'problem'>> {
  const bytes = (await readFiles(repo, [file.id], DRAWN_MIDI_MAX_BYTES, deps)).get(file.id)!;
  try {
    const midi = await deps.compute.drawMidi(bytes);
    if (!('problem' in midi)) return { view: 'midi', midi, problem: '' };
    return { view: 'binary', midi: null, problem: midi.problem };
  } catch (error) {
    if (ComputeOverrun.is(error)) return { view: 'too-large', midi: null, problem: '' };
    throw error;
  }
}

/** A directory's README as safe HTML; null when it is too large or no text. */
export async function showReadme(
  repo: OpenRepository,
  ref: ResolvedRef,
  { name, file }: ReadmeFile,
  deps: FileDeps,
): Promise<{ name: string; html: string } | null> {
  if (file.size > SHOWN_FILE_MAX_BYTES) return null;
  const text = textOf((await readFiles(repo, [file.id], SHOWN_FILE_MAX_BYTES, deps)).get(file.id)!);
  if (text === null) return null;
  const html = isMarkdown(name)
    ? renderMarkdown(text, placeOf(repo, ref, ref.path))
    : `<pre>${escapeHtml(text)}</pre>`;
  return { name, html };
}

const isMarkdown = (name: string): boolean => /\.(md|markdown)$/i.test(name);

function placeOf(repo: OpenRepository, ref: ResolvedRef, folder: string[]) {
  const { owner, slug } = repo.entry;
  const base = (room: string) =>
    `${[owner, slug, room, ...ref.name.split('/')].map((part) => `/${encodeURIComponent(part)}`).join('')}/`;
  return { linkBase: base('blob'), imageBase: base('raw'), folder };
}
