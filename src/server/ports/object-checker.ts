import type { Id } from '~/muse/ids';
import type { DecodeBounds, EncodedObject } from '~/muse/object-decoder';
import type { Problem } from '~/muse/problem';

/** What is checked beside the frames: encoded and decoded bytes of one object. */
export const CHECKED_BESIDE_MAX_BYTES = 128 * 1024;

/**
 * Checks the objects of pushes (docs/protocol.md §3, §6) while the frames after them are read: to
 * decode and hash many small files is the larger half of what a push costs.
 */
export interface ObjectChecker {
  /** For one push. `onPolyglot` is told of objects that are valid in two formats (`gif+zip`). */
  open(bounds: DecodeBounds, onPolyglot: (id: Id, formats: string) => void): ObjectChecks;
  close(): Promise<void>;
}

/** The checks of one push. Nothing of it may be trusted before `settle`. */
export interface ObjectChecks {
  /** Of the first object that is not what it says, as far as is known by now. */
  readonly problem: Problem | null;
  /**
   * Takes an object that `isCheckedBeside`, whose bytes are copied or looked at before this returns.
   * A promise is back-pressure, to be awaited before the next call; it never rejects.
   */
  add(object: EncodedObject): Promise<void> | undefined;
  /**
   * Waits for everything that was added: the problem of the first bad object in the order of the
   * push, as `decodeObject` names it, or null. Rejects when an object could not be checked.
   */
  settle(): Promise<Problem | null>;
}

/** Whether an object is small and worth storing just as it came, which needs no decoded bytes. */
export function isCheckedBeside({ size, encoding, data }: EncodedObject): boolean {
  if (size > CHECKED_BESIDE_MAX_BYTES) return false;
  return encoding === 'raw' ? data.length === size : data.length < size;
}
