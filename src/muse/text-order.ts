/** Anything at or above the first surrogate: only there UTF-16 order and UTF-8 order differ. */
const BEYOND_ORDER = /[\ud800-\uffff]/;

/** Moves surrogates above U+FFFF's neighbours, so that UTF-16 units compare as code points do. */
const fixUp = (unit: number) =>
  unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;

/** Compares two texts by code point, which is the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return fixUp(x) - fixUp(y);
  }
  return a.length - b.length;
}

/** Sorts texts by code point, in place. Most lists need no more than the engine's own order. */
export function sortText(texts: string[]): string[] {
  return texts.some((text) => BEYOND_ORDER.test(text)) ? texts.sort(compareText) : texts.sort();
}
