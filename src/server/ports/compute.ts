import type { MidiProblem } from '~/muse/midi-file';

/**
 * Work on files' contents that would hold up everyone if it were done where requests are answered:
 * it is done beside, in other threads, within bounds of time and of waiting.
 */
export interface Compute {
  /**
   * What differs between the two sides of files, in the order they are given. Bounds that a page
   * cannot hold are told per file. Throws `ComputeOverrun`, or `Refusal` `rate-limited` when too much
   * waits already.
   */
  compareFiles(files: FileToCompare[], options: CompareOptions): Promise<ComparedFile[]>;

  /**
   * How alike files are that went and files that came: pairs of places in the two lists that share
   * at least half of their contents, each with its share from 0.5 to 1. Throws like `compareFiles`.
   */
  findSimilar(gone: Uint8Array[], come: Uint8Array[]): Promise<SimilarPair[]>;

  /** The lines of a text as safe HTML, coloured as its name says. Throws like `compareFiles`. */
  highlightLines(text: string, fileName: string): Promise<string[]>;

  /** A MIDI file as a picture and in words. Throws like `compareFiles`. */
  drawMidi(bytes: Uint8Array): Promise<MidiView | MidiProblem>;

  /** The notes that differ between two MIDI files. Throws like `compareFiles`. */
  compareMidi(before: Uint8Array, after: Uint8Array): Promise<MidiChange | MidiProblem>;

  close(): Promise<void>;
}

/** The work took longer than it may, and was ended. */
export class ComputeOverrun extends Error {
  constructor(task: string, ms: number) {
    super(`${task} was ended after ${ms} ms`);
    this.name = 'ComputeOverrun';
  }

  /** By its name: pages are bundled apart, with a class of their own. */
  static is(error: unknown): boolean {
    return error instanceof Error && error.name === 'ComputeOverrun';
  }
}

/** A file on both sides; null where it is not. */
export interface FileToCompare {
  /** By which its language is known. */
  name: string;
  before: Uint8Array | null;
  after: Uint8Array | null;
}

export interface CompareOptions {
  /** White space counts for nothing. */
  hideWhitespace: boolean;
  /** Unchanged lines around changed ones; null: all of them. */
  contextLines: number | null;
  /** Lines shown, over all files; the file that would go beyond is only counted. */
  linesMax: number;
  /**
   * Of a file alone: lines of its difference that are passed over. As many as `linesMax` behind them
   * are shown, however many there are. Null: nothing is passed over, and a file is shown whole.
   */
  skip: number | null;
}

export type ComparedFile =
  | { kind: 'text'; diff: TextDiff }
  /** Only counted. */
  | { kind: 'too-many-lines'; added: number; removed: number }
  | { kind: 'binary' };

export interface SimilarPair {
  gone: number;
  come: number;
  share: number;
}

/** A note roll: time from left to right, pitch from bottom to top. Classes name its colours. */
export interface NoteRoll {
  /** A safe SVG element: numbers and fixed words only. */
  svg: string;
  notes: number;
  /** Not every note is drawn. */
  truncated: boolean;
}

export interface MidiView extends NoteRoll {
  seconds: number;
  tracks: { name: string; instrument: string; notes: number }[];
  /** Quarter notes a minute: the first, the slowest and the fastest; null where time is no music's. */
  tempo: { first: number; lowest: number; highest: number } | null;
  /** `4/4`, each once, in order. */
  timeSignatures: string[];
  /** `F♯ minor`, each once, in order. */
  keys: string[];
}

export interface MidiChange extends NoteRoll {
  added: number;
  removed: number;
}

export interface DiffLine {
  kind: 'context' | 'added' | 'removed';
  /** Without its line feed; a carriage return before it is kept. */
  text: string;
  /** The text as safe HTML: tokens coloured, changed words in `<mark>`. */
  html: string;
  /** Line numbers, from 1; null on the side where the line is not. */
  before: number | null;
  after: number | null;
  /** The number of the changed line that this one became or came from; null for none. */
  mate: number | null;
  /** The file ends here without a line feed. */
  noNewline: boolean;
}

/** Changed lines that lie close together, with unchanged ones around them. */
export interface DiffHunk {
  beforeStart: number;
  beforeLines: number;
  afterStart: number;
  afterLines: number;
  /** The line above that names the place: the head of a function or a heading; '' for none. */
  section: string;
  lines: DiffLine[];
}

export interface TextDiff {
  hunks: DiffHunk[];
  added: number;
  removed: number;
  /** Lines of the two sides, to know what lies below the last hunk. */
  beforeLines: number;
  afterLines: number;
  /** Lines of the difference above the hunks that are given, and below them. */
  skipped: number;
  left: number;
}
