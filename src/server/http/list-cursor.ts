import { Refusal } from '~/wire/errors';

/** Where a list goes on that is ordered by time and then id. */
interface ListCursor {
  createdAtMs: number;
  id: string;
}

const CURSOR = /^(\d{1,16})\.([\x21-\x7e]{1,100})$/;

/** Reads `<milliseconds>.<id>`; null when nothing is asked. Throws `Refusal` `bad-frame`. */
export function readCursor(text: string | null): ListCursor | null {
  if (text === null) return null;
  const match = CURSOR.exec(text);
  if (match) return { createdAtMs: Number(match[1]), id: match[2]! };
  throw new Refusal('bad-frame', { field: 'after' }, 'after must be the next of an answer.');
}

export const writeCursor = ({ createdAtMs, id }: ListCursor): string => `${createdAtMs}.${id}`;
