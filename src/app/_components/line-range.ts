/** Lines that an address chooses: `#L3` or `#L3-L9`. */
export interface LineRange {
  first: number;
  last: number;
}

/** Reads the end of an address; null when it chooses no lines. */
export function readLineRange(hash: string): LineRange | null {
  const match = /^#L([1-9]\d{0,6})(?:-L([1-9]\d{0,6}))?$/.exec(hash);
  if (!match) return null;
  const [one, other] = [Number(match[1]), Number(match[2] ?? match[1])];
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

export const writeLineRange = ({ first, last }: LineRange): string =>
  first === last ? `#L${first}` : `#L${first}-L${last}`;

/** What is chosen when a number is clicked with the shift key: from what was chosen to there. */
export const extendRange = (chosen: LineRange | null, line: number): LineRange =>
  chosen === null
    ? { first: line, last: line }
    : { first: Math.min(chosen.first, line), last: Math.max(chosen.first, line) };
