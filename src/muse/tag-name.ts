import { parseId } from './ids';

/** Bytes of a tag's name (docs/protocol.md §6). */
export const TAG_NAME_MAX_BYTES = 255;

const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks a tag's name (docs/protocol.md §6): a label such as `v1.2.0` or `emotion:joyful`, which can
 * stand in an address between slashes.
 *
 * @returns why it is refused, as the end of a sentence ("the tag …"), or null when it is allowed.
 */
export function checkTagName(name: string): string | null {
  if (name.length === 0) return 'is empty';
  if (name.trim() !== name) return 'begins or ends with a blank';
  if (FORBIDDEN.test(name)) return 'holds a control character or a backslash';
  if (LONE_SURROGATE.test(name)) return 'is not valid Unicode text';
  if (Buffer.byteLength(name, 'utf8') > TAG_NAME_MAX_BYTES) {
    return `is longer than ${TAG_NAME_MAX_BYTES} bytes`;
  }
  if (parseId(name) !== null) return 'looks like an id';
  for (const part of name.split('/')) {
    if (part.length === 0) return 'begins or ends with a slash, or has two in a row';
    if (part === '.' || part === '..') return 'has a part that is "." or ".."';
  }
  return null;
}
