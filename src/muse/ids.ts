import { hash } from 'node:crypto';

/**
 * The name of an object, snapshot or commit: 64 lowercase hex digits, without prefix.
 *
 * Inside the hub every id has this bare form, whatever form it had on the wire; the two text forms
 * (docs/protocol.md §1) exist only at the edges, through `parseId` and `formatId`.
 */
export type Id = string;

/** The text form a repository uses for its ids: `<hex>` or `sha256:<hex>`. */
export type IdFormat = 'bare' | 'prefixed';

export const ID_BYTES = 32;
const PREFIX = 'sha256:';
const BARE = /^[0-9a-f]{64}$/;

/** Parses either text form of an id; null when the text is neither. */
export function parseId(text: unknown): { id: Id; format: IdFormat } | null {
  if (typeof text !== 'string') return null;
  if (text.length === 64) return BARE.test(text) ? { id: text, format: 'bare' } : null;
  if (text.length !== 71 || !text.startsWith(PREFIX)) return null;
  const id = text.slice(PREFIX.length);
  return BARE.test(id) ? { id, format: 'prefixed' } : null;
}

/** Writes an id in the given text form. */
export function formatId(id: Id, format: IdFormat): string {
  return format === 'bare' ? id : PREFIX + id;
}

/** SHA-256 of bytes or of the UTF-8 of a text, as an id. */
export function sha256(data: Uint8Array | string): Id {
  // In one call: half the cost of a hash object, which counts where there are many small ones.
  return hash('sha256', data, 'hex');
}

/** The id of a file's bytes (docs/protocol.md §1). */
export function objectIdOf(bytes: Uint8Array): Id {
  return sha256(bytes);
}
