import { type Id, sha256 } from './ids';
import { sortText } from './text-order';

/**
 * The id of a snapshot (docs/protocol.md §1): SHA-256 of `path NUL object_id`, sorted by code
 * point and joined with NUL; an empty manifest hashes zero bytes. Paths are unique and free of NUL.
 */
export function snapshotIdOf(entries: Iterable<readonly [path: string, objectId: Id]>): Id {
  const lines: string[] = [];
  for (const [path, id] of entries) lines.push(`${path}\0${id}`);
  return sha256(sortText(lines).join('\0'));
}
