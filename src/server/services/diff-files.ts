import type { Id } from '~/muse/ids';
import {
  type ComparedFile,
  type CompareOptions,
  ComputeOverrun,
  type MidiChange,
  type TextDiff,
} from '~/server/ports/compute';
import type { BrowseDeps } from './browse-deps';
import { type FileFacts, fileFacts } from './browse-tree';
import { CONTEXT_LINES } from './diff-text';
import type { FileChange, TreeDiff } from './diff-trees';
import { type CommitPair, listChanges } from './list-changes';
import type { OpenRepository } from './open-repository';
import { readFiles } from './read-file';
import { isMidiName, mediaOf } from './show-file';

type DiffDeps = Pick<BrowseDeps, 'browse' | 'records' | 'objects' | 'compared' | 'compute'>;

/**
 * Bounds of one page of differences: files, and of all of them lines shown and bytes read. Drawing
 * lines holds everyone up, some 10 ms for a thousand: no page has more, a file alone has several.
 */
export const DIFF_PAGE_FILES = 50;
export const DIFF_PAGE_LINES = 2_500;
export const DIFF_PAGE_BYTES = 8 * 1024 ** 2;
/** Bytes of either side of a file on a page with others. */
export const DIFF_FILE_MAX_BYTES = 512 * 1024;
/** The same for a file alone. */
export const DIFF_ALONE_MAX_BYTES = 4 * 1024 ** 2;
/** MIDI files of one page whose notes are compared. */
export const DIFF_PAGE_MIDI = 8;

/**
 * Why a file's lines are not shown. `image`: both sides are pictures that browsers show; `left-out`:
 * the page has no room for it, it has one of its own; the others say so even there.
 */
export type NotShown = 'binary' | 'image' | 'left-out' | 'too-large' | 'too-slow';

export interface FileDiff extends FileChange {
  /** Decoded bytes; null on the side where the file is not. */
  beforeSize: number | null;
  afterSize: number | null;
  /** Changed lines; null where they were not counted. */
  added: number | null;
  removed: number | null;
  diff: TextDiff | null;
  /** The notes that differ between two MIDI files. */
  midi: MidiChange | null;
  notShown: NotShown | null;
}

export interface DiffQuery {
  /** Only files behind this path, in the order of paths. */
  after: string | null;
  /** Only this file, with more room. */
  path: string | null;
  /** Lines of its difference that stand on earlier pages. */
  skip: number;
  hideWhitespace: boolean;
  /** Unchanged lines too, all of them. */
  whole: boolean;
}

export interface DiffPage {
  changes: TreeDiff;
  files: FileDiff[];
  /** How many changed files lie before this page. */
  place: number;
  /** The path behind which the next page begins; null at the end. */
  next: string | null;
}

/**
 * One page of what differs between two commits: some files in the order of their paths with their
 * changed lines, as far as a page may hold, or one file alone with more.
 */
export async function diffFiles(
  repo: OpenRepository,
  pair: CommitPair,
  query: DiffQuery,
  deps: DiffDeps,
): Promise<DiffPage> {
  const changes = await listChanges(repo, pair, deps);
  if (query.path !== null) {
    const chosen = changes.files.filter((file) => file.path === query.path);
    return { changes, files: await compare(repo, chosen, query, deps), place: 0, next: null };
  }
  const { after } = query;
  const first = after === null ? 0 : changes.files.findIndex(({ path }) => path > after);
  const place = first < 0 ? changes.files.length : first;
  const chosen = changes.files.slice(place, place + DIFF_PAGE_FILES);
  const files = await compare(repo, chosen, query, deps);
  const more = place + files.length < changes.files.length;
  return { changes, files, place, next: more ? files.at(-1)!.path : null };
}

type Prepared = Omit<FileDiff, 'added' | 'removed' | 'diff' | 'midi'>;

async function compare(
  repo: OpenRepository,
  chosen: FileChange[],
  query: DiffQuery,
  deps: DiffDeps,
): Promise<FileDiff[]> {
  const alone = query.path !== null;
  const facts = await fileFacts(repo, idsOf(chosen), deps);
  const prepared = prepare(chosen, facts, alone);
  // Renamed, and nothing else: there is nothing to read.
  const wanted = prepared.filter((file) => file.notShown === null && file.before !== file.after);
  const options = {
    hideWhitespace: query.hideWhitespace,
    contextLines: query.whole ? null : CONTEXT_LINES,
    linesMax: DIFF_PAGE_LINES,
    skip: alone ? query.skip : null,
  };
  const compared = await compareLines(repo, wanted, options, deps);
  const results = new Map(wanted.map((file, index) => [file.path, compared[index] ?? null]));
  const told = prepared.map((file) => tell(file, results.get(file.path), alone));
  let midiLeft = DIFF_PAGE_MIDI;
  for (const file of told) {
    if (file.notShown !== 'binary' || !isMidiName(file.path)) continue;
    if (file.before === null || file.after === null || midiLeft-- <= 0) continue;
    const sides = await readFiles(repo, idsOf([file]), DIFF_ALONE_MAX_BYTES, deps);
    file.midi = await compareNotes(sides.get(file.before)!, sides.get(file.after)!, deps);
  }
  return told;
}

/** Null where either side is no MIDI file, or it takes too long. */
async function compareNotes(
  before: Uint8Array,
  after: Uint8Array,
  { compute }: DiffDeps,
): Promise<MidiChange | null> {
  try {
    const change = await compute.compareMidi(before, after);
    return 'problem' in change ? null : change;
  } catch (error) {
    if (ComputeOverrun.is(error)) return null;
    throw error;
  }
}

const idsOf = (files: FileChange[]): Id[] =>
  files.flatMap(({ before, after }) => [before, after]).filter((id) => id !== null);

/** Which files are read at all: pictures are shown by the browser, and a page reads only so much. */
function prepare(chosen: FileChange[], facts: Map<Id, FileFacts>, alone: boolean): Prepared[] {
  const largest = alone ? DIFF_ALONE_MAX_BYTES : DIFF_FILE_MAX_BYTES;
  let bytesLeft = DIFF_PAGE_BYTES;
  return chosen.map((file) => {
    const before = file.before === null ? null : facts.get(file.before)!;
    const after = file.after === null ? null : facts.get(file.after)!;
    const sizes = { beforeSize: before?.size ?? null, afterSize: after?.size ?? null };
    const told = (notShown: NotShown | null) => ({ ...file, ...sizes, notShown });
    if (isPicture(file.oldPath ?? file.path, before) && isPicture(file.path, after)) {
      return told('image');
    }
    if (file.before === file.after) return told(null);
    const [left, right] = [before?.size ?? 0, after?.size ?? 0];
    if (Math.max(left, right) > DIFF_ALONE_MAX_BYTES) return told('too-large');
    if (Math.max(left, right) > largest || left + right > bytesLeft) return told('left-out');
    bytesLeft -= left + right;
    return told(null);
  });
}

/** A side that is not there stands in nobody's way. */
const isPicture = (path: string, facts: FileFacts | null): boolean =>
  facts === null || (facts.polyglot === '' && mediaOf(path)?.view === 'image');

/** The lines of files, in their order; none when it takes too long. They depend on the contents alone. */
async function compareLines(
  repo: OpenRepository,
  files: FileChange[],
  options: CompareOptions,
  deps: DiffDeps,
): Promise<ComparedFile[]> {
  if (files.length === 0) return [];
  const named = files.map(({ path, before, after }) => [path, before, after]);
  try {
    return await deps.compared.lines.get(JSON.stringify([options, named]), async () => {
      const contents = await readFiles(repo, idsOf(files), DIFF_ALONE_MAX_BYTES, deps);
      const sides = files.map(({ path, before, after }) => ({
        name: path,
        before: before === null ? null : contents.get(before)!,
        after: after === null ? null : contents.get(after)!,
      }));
      return deps.compute.compareFiles(sides, options);
    });
  } catch (error) {
    if (ComputeOverrun.is(error)) return [];
    throw error;
  }
}

function tell(file: Prepared, result: ComparedFile | null | undefined, alone: boolean): FileDiff {
  const none = { ...file, added: null, removed: null, diff: null, midi: null };
  if (file.notShown !== null) return none;
  if (file.before === file.after) return { ...none, added: 0, removed: 0 };
  if (!result) return { ...none, notShown: alone ? 'too-slow' : 'left-out' };
  if (result.kind === 'binary') return { ...none, notShown: 'binary' };
  if (result.kind === 'too-many-lines') {
    const { added, removed } = result;
    return { ...none, added, removed, notShown: 'left-out' };
  }
  const { diff } = result;
  return { ...none, added: diff.added, removed: diff.removed, diff };
}
