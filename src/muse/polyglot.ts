/** What the polyglot check looks at (docs/protocol.md §6). */
export const POLYGLOT_HEAD_BYTES = 4 * 1024;
export const POLYGLOT_TAIL_BYTES = 66 * 1024;

export function checkPolyglot(_head: Uint8Array, _tail: Uint8Array, _size: number): string {
  return '';
}
