/**
 * Moves blocks of lines that only came, or only went, to where a reader would say they did.
 *
 * Where the line before a block is its last line again (or the line after it its first), the block
 * could as well stand one line higher (or lower): the text is the same. Of all such places the one is
 * taken whose first line is indented least, of several the lowest; so that a function is added whole,
 * not from the end of one to the end of the next.
 *
 * `items` are the lines as numbers, `marks` which of them changed, `others` the marks of the other
 * side, on which a block that has a counterpart is left alone. Changes `marks`.
 */
export function slideBlocks(
  items: Int32Array,
  marks: Uint8Array,
  lines: string[],
  others: Uint8Array,
): void {
  let other = 0;
  for (let at = 0; at < items.length; ) {
    if (marks[at] !== 1) {
      if (others[other] === 1) while (others[other] === 1) other++;
      other++;
      at++;
      continue;
    }
    let end = at;
    while (marks[end] === 1) end++;
    if (others[other] === 1) {
      at = end;
      continue;
    }
    const moved = slide(items, marks, lines, others, { from: at, to: end, other });
    other += moved - end;
    at = moved;
  }
}

const SLIDE_MAX = 200;

/** Returns where the block ends now. */
function slide(
  items: Int32Array,
  marks: Uint8Array,
  lines: string[],
  others: Uint8Array,
  { from, to, other }: { from: number; to: number; other: number },
): number {
  let best = 0;
  let bestIndent = indentOf(lines[from]!);
  const consider = (shift: number) => {
    const indent = indentOf(lines[from + shift]!);
    if (indent < bestIndent || (indent === bestIndent && shift > best)) {
      best = shift;
      bestIndent = indent;
    }
  };
  // Neither over another block, nor over a place where the other side changed.
  for (let up = 1; up <= SLIDE_MAX && from - up >= 0; up++) {
    const free = marks[from - up] === 0 && others[other - up] === 0;
    if (!free || items[from - up] !== items[to - up]) break;
    consider(-up);
  }
  for (let down = 1; down <= SLIDE_MAX && to + down <= items.length; down++) {
    const free = marks[to + down - 1] === 0 && others[other + down - 1] === 0;
    if (!free || items[from + down - 1] !== items[to + down - 1]) break;
    consider(down);
  }
  marks.fill(0, from, to);
  marks.fill(1, from + best, to + best);
  return to + best;
}

/** Blank lines begin nothing. */
function indentOf(line: string): number {
  const indent = line.search(/\S/);
  return indent < 0 ? Number.POSITIVE_INFINITY : indent;
}
