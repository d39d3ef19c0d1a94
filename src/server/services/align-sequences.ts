/**
 * Which items of two sequences are alike, in order: the heart of every difference shown here.
 *
 * Myers' algorithm in linear space: a middle point of a shortest edit is looked for from both ends at
 * once, then each half is aligned alone. Where the sequences differ so much that the middle costs more
 * than `costMax` steps, the furthest point that was reached is taken instead: the alignment is then
 * no longer the shortest, but still right. Time is at most about (length × costMax), memory is linear,
 * and the same input always gives the same alignment.
 */
export interface Alignment {
  /** 1 for every item that the other sequence does not have at this place. */
  before: Uint8Array;
  after: Uint8Array;
}

const COST_MAX = 1_024;

/** Items are numbers; equal ones are alike. */
export function alignSequences(a: Int32Array, b: Int32Array, costMax = COST_MAX): Alignment {
  const marks = { before: new Uint8Array(a.length), after: new Uint8Array(b.length) };
  const search = new MiddleSearch(a, b, costMax);
  const pending: Box[] = [{ left: 0, right: a.length, top: 0, bottom: b.length }];
  for (let box = pending.pop(); box; box = pending.pop()) {
    trim(a, b, box);
    const { left, right, top, bottom } = box;
    if (left === right) marks.after.fill(1, top, bottom);
    else if (top === bottom) marks.before.fill(1, left, right);
    else {
      const [x, y] = search.middle(box);
      pending.push({ left: x, right, top: y, bottom }, { left, right: x, top, bottom: y });
    }
  }
  return marks;
}

/** A part of both sequences: items `left` to `right` of the one, `top` to `bottom` of the other. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Takes the common start and the common end off. */
function trim(a: Int32Array, b: Int32Array, box: Box): void {
  while (box.left < box.right && box.top < box.bottom && a[box.left] === b[box.top]) {
    box.left++;
    box.top++;
  }
  while (box.left < box.right && box.top < box.bottom && a[box.right - 1] === b[box.bottom - 1]) {
    box.right--;
    box.bottom--;
  }
}

const FAR = 2 ** 30;

/** Furthest points are kept by diagonal, x − y; both searches share the two arrays over all boxes. */
class MiddleSearch {
  readonly #forward: Int32Array;
  readonly #backward: Int32Array;
  /** Added to a diagonal to get its place. */
  readonly #zero: number;

  constructor(
    private readonly a: Int32Array,
    private readonly b: Int32Array,
    private readonly costMax: number,
  ) {
    this.#zero = b.length + 1;
    const size = a.length + b.length + 3;
    this.#forward = new Int32Array(size);
    this.#backward = new Int32Array(size);
  }

  /** A point inside the box through which a short edit goes; never both of its corners' sides empty. */
  middle(box: Box): [x: number, y: number] {
    const { left, right, top, bottom } = box;
    const lowest = left - bottom;
    const highest = right - top;
    const start = left - top;
    const end = right - bottom;
    const odd = ((start - end) & 1) !== 0;
    const from = { low: start, high: start };
    const to = { low: end, high: end };
    this.#forward[start + this.#zero] = left;
    this.#backward[end + this.#zero] = right;
    for (let cost = 1; ; cost++) {
      widen(from, lowest, highest, this.#forward, this.#zero, -1);
      for (let k = from.high; k >= from.low; k -= 2) {
        const x = this.#stepForward(k, right, bottom);
        if (odd && k >= to.low && k <= to.high && this.#backward[k + this.#zero]! <= x) {
          return [x, x - k];
        }
      }
      widen(to, lowest, highest, this.#backward, this.#zero, FAR);
      for (let k = to.high; k >= to.low; k -= 2) {
        const x = this.#stepBackward(k, left, top);
        if (!odd && k >= from.low && k <= from.high && x <= this.#forward[k + this.#zero]!) {
          return [x, x - k];
        }
      }
      if (cost >= this.costMax) return this.#furthest(box, from, to);
    }
  }

  #stepForward(k: number, right: number, bottom: number): number {
    const { a, b } = this;
    const place = k + this.#zero;
    const above = this.#forward[place + 1]!;
    const beside = this.#forward[place - 1]!;
    let x = beside >= above ? beside + 1 : above;
    let y = x - k;
    while (x < right && y < bottom && a[x] === b[y]) {
      x++;
      y++;
    }
    this.#forward[place] = x;
    return x;
  }

  #stepBackward(k: number, left: number, top: number): number {
    const { a, b } = this;
    const place = k + this.#zero;
    const above = this.#backward[place + 1]!;
    const beside = this.#backward[place - 1]!;
    let x = beside < above ? beside : above - 1;
    let y = x - k;
    while (x > left && y > top && a[x - 1] === b[y - 1]) {
      x--;
      y--;
    }
    this.#backward[place] = x;
    return x;
  }

  /** The point of either search that is furthest from where it began. */
  #furthest(box: Box, from: Diagonals, to: Diagonals): [number, number] {
    const { left, right, top, bottom } = box;
    let ahead: [number, number] = [left, top];
    for (let k = from.low; k <= from.high; k += 2) {
      let x = Math.min(this.#forward[k + this.#zero]!, right);
      if (x - k > bottom) x = bottom + k;
      if (x + (x - k) > ahead[0] + ahead[1]) ahead = [x, x - k];
    }
    let back: [number, number] = [right, bottom];
    for (let k = to.low; k <= to.high; k += 2) {
      let x = Math.max(this.#backward[k + this.#zero]!, left);
      if (x - k < top) x = top + k;
      if (x + (x - k) < back[0] + back[1]) back = [x, x - k];
    }
    const gained = ahead[0] + ahead[1] - left - top;
    return gained >= right + bottom - back[0] - back[1] ? ahead : back;
  }
}

interface Diagonals {
  low: number;
  high: number;
}

/** One diagonal more on each side, or one fewer where the box ends; `none` stands beyond the last. */
function widen(
  reach: Diagonals,
  lowest: number,
  highest: number,
  points: Int32Array,
  zero: number,
  none: number,
): void {
  if (reach.low > lowest) points[--reach.low - 1 + zero] = none;
  else reach.low++;
  if (reach.high < highest) points[++reach.high + 1 + zero] = none;
  else reach.high--;
}
