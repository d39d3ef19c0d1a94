/** The two sides of a comparison as they stand in an address: `base...head`, or `base..head`. */
export interface ComparedRefs {
  base: string;
  head: string;
  /** Two dots: the two as they are, not what the head did since they parted. */
  direct: boolean;
}

/**
 * Reads the end of a comparison's address, decoded and with its slashes. No branch holds two dots in
 * a row, so that the first ones part the two. Null when a side is missing.
 */
export function readComparedRefs(text: string): ComparedRefs | null {
  const match = /^(.*?[^.])(\.{2,3})([^.].*)$/s.exec(text);
  if (!match) return null;
  const [, base, dots, head] = match;
  return { base: base!, head: head!, direct: dots === '..' };
}
