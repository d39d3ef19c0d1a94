import { type Violation, violation } from './errors';
import { FrameScanner } from './frame-scanner';
import type { Limits } from './limits';

/**
 * Checks a body that is one msgpack value, by the rules for frames; null when it passes.
 * `maxBytes`: the most bytes it may have.
 */
export function checkWholeValue(
  bytes: Uint8Array,
  limits: Limits,
  maxBytes: number,
): Violation | null {
  const scanner = new FrameScanner(limits, { valueBytesMax: maxBytes });
  scanner.push(bytes);
  const value = scanner.next();
  if (value === null) {
    return scanner.end() ?? violation('bad-frame', {}, 'The body is empty; send one msgpack map.');
  }
  if (!(value instanceof Uint8Array)) return value;
  if (value.length === bytes.length) return null;
  const detail = { offset: value.length };
  return violation('bad-frame', detail, 'The body goes on after its map; send one msgpack map.');
}
