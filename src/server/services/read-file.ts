import type { Id } from '~/muse/ids';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';
import { StoredRecordDamaged } from './tree-source';

type FileDeps = Pick<BrowseDeps, 'records' | 'objects'>;

/** Bytes of a file that are looked at to tell text from binary. */
const SNIFF_BYTES = 8_000;

/**
 * The verified contents of the objects that are at most `maxBytes` long; larger ones are left out.
 * Throws `StoredRecordDamaged` or `StoredObjectDamaged` for one that is not what it should be.
 */
export async function readFiles(
  repo: OpenRepository,
  ids: Id[],
  maxBytes: number,
  { records, objects }: FileDeps,
): Promise<Map<Id, Uint8Array>> {
  const repoId = repo.entry.id;
  const contents = new Map<Id, Uint8Array>();
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return contents;
  const located = await records.locateObjects(repoId, distinct);
  const wanted = distinct.flatMap((id) => {
    const location = located.get(id);
    if (!location) throw new StoredRecordDamaged('object', id, 'missing');
    return location.size <= maxBytes ? [{ id, location }] : [];
  });
  for await (const { object, content } of objects.readObjects(repoId, wanted)) {
    if (content) contents.set(object.id, content);
  }
  return contents;
}

/** The text of a file's bytes; null when they are not text: no UTF-8, or with a NUL near the start. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.subarray(0, SNIFF_BYTES).includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}
