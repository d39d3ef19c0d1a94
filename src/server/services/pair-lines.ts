import { alignSequences } from './align-sequences';
import type { Mark } from './code-html';

/** A removed line that became an added one, and the words that differ. */
export interface LinePair {
  /** The place among the added lines. */
  come: number;
  goneMarks: Mark[];
  comeMarks: Mark[];
}

/** Lines of one block that are paired; larger blocks are a rewrite, in which words say nothing. */
const PAIR_MAX_LINES = 400;
/** Comparisons of one block when its sides are not equally long. */
const PAIR_MAX_WORK = 2_500;
const LINE_MAX_LENGTH = 2_000;
/** The share of the longer line, without white space, that both have. */
const ALIKE = 0.4;
const WORDS = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;

/**
 * Which removed lines of a block became which added ones, by their places, in order; and the words
 * that differ in them. Lines that have too little in common are no pair.
 */
export function pairLines(
  gone: string[],
  come: string[],
  hideWhitespace: boolean,
): Map<number, LinePair> {
  const pairs = new Map<number, LinePair>();
  if (gone.length === 0 || come.length === 0) return pairs;
  if (gone.length + come.length > PAIR_MAX_LINES) return pairs;
  const words = new WordNumbers();
  const left = gone.map((line) => words.of(line));
  const right = come.map((line) => words.of(line));
  const add = (i: number, j: number) => {
    const compared = compareWords(left[i]!, right[j]!, hideWhitespace);
    if (compared) pairs.set(i, { come: j, ...compared });
  };
  if (gone.length === come.length || gone.length * come.length > PAIR_MAX_WORK) {
    for (let i = 0; i < Math.min(gone.length, come.length); i++) add(i, i);
  } else {
    for (const [i, j] of alignByLikeness(left, right)) add(i, j);
  }
  return pairs;
}

interface Words {
  texts: string[];
  numbers: Int32Array;
  /** Characters that are no white space. */
  weight: number;
}

const NO_WORDS: Words = { texts: [], numbers: new Int32Array(), weight: 0 };

class WordNumbers {
  readonly #numbers = new Map<string, number>();

  of(line: string): Words {
    const text = line.replace(/\r?\n$/, '');
    if (text.length > LINE_MAX_LENGTH) return NO_WORDS;
    const texts = text.match(WORDS) ?? [];
    const numbers = Int32Array.from(texts, (word) => {
      const known = this.#numbers.get(word);
      if (known !== undefined) return known;
      this.#numbers.set(word, this.#numbers.size);
      return this.#numbers.size - 1;
    });
    return { texts, numbers, weight: weightOf(texts) };
  }
}

const isBlank = (word: string): boolean => word.trim() === '';
const weightOf = (words: string[]): number =>
  words.reduce((sum, word) => sum + (isBlank(word) ? 0 : word.length), 0);

function compareWords(
  left: Words,
  right: Words,
  hideWhitespace: boolean,
): { goneMarks: Mark[]; comeMarks: Mark[] } | null {
  const changed = alignSequences(left.numbers, right.numbers);
  const same = weightOf(left.texts.filter((_, index) => changed.before[index] === 0));
  const most = Math.max(left.weight, right.weight);
  // Lines of white space alone differ in nothing that could be marked.
  if (most === 0 || same < most * ALIKE) return null;
  return {
    goneMarks: marksOf(left.texts, changed.before, hideWhitespace),
    comeMarks: marksOf(right.texts, changed.after, hideWhitespace),
  };
}

/** Changed words as parts of the line; blanks between two of them are marked too. */
function marksOf(words: string[], changed: Uint8Array, hideWhitespace: boolean): Mark[] {
  const marks: [number, number][] = [];
  let at = 0;
  let blanksOnly = true;
  for (const [index, word] of words.entries()) {
    const last = marks.at(-1);
    const from = at;
    at += word.length;
    const blank = isBlank(word);
    if (changed[index] === 1 && !(blank && hideWhitespace)) {
      if (last?.[1] === from) last[1] = at;
      else marks.push([from, at]);
    } else if (blank && last?.[1] === from && changed[index + 1] === 1 && !blanksOnly) {
      last[1] = at;
    }
    blanksOnly = blank;
  }
  return marks;
}

/** Pairs in order with the most in common: the classic table, over a few lines only. */
function alignByLikeness(left: Words[], right: Words[]): [number, number][] {
  const width = right.length + 1;
  const best = new Float64Array((left.length + 1) * width);
  const shares = new Float64Array(left.length * right.length);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const share = likeness(left[i]!, right[j]!);
      shares[i * right.length + j] = share;
      const skip = Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
      best[i * width + j] = Math.max(skip, share + best[(i + 1) * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const here = best[i * width + j]!;
    const share = shares[i * right.length + j]!;
    if (share > 0 && here === share + best[(i + 1) * width + j + 1]!) pairs.push([i++, j++]);
    else if (here === best[(i + 1) * width + j]!) i++;
    else j++;
  }
  return pairs;
}

/** The share of the heavier line's words that both have, wherever they stand; 0 when it is small. */
function likeness(left: Words, right: Words): number {
  const most = Math.max(left.weight, right.weight);
  if (most === 0) return 0;
  const counts = new Map<number, number>();
  for (const number of left.numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let same = 0;
  for (const [index, number] of right.numbers.entries()) {
    const left = counts.get(number) ?? 0;
    if (left === 0) continue;
    counts.set(number, left - 1);
    const word = right.texts[index]!;
    if (!isBlank(word)) same += word.length;
  }
  return same / most < ALIKE ? 0 : same / most;
}
