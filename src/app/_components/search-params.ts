/** What a page's query says; of a name given twice the first. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** A value of the query; null when it is not there or empty. */
export async function param(searchParams: SearchParams, name: string): Promise<string | null> {
  const value = (await searchParams)[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === '' ? null : first;
}

const TIME_AND_ID = /^(\d{1,16})\.([0-9a-f-]{36})$/;
const TIME_AND_TEXT = /^(\d{1,16})\.([\x21-\x7e]{1,100})$/;

/**
 * The key of a list's next page, `<milliseconds>.<uuid>`, or with any id that a client may choose;
 * null when it is none.
 */
export function readKey(
  text: string | null,
  ids: 'uuid' | 'any' = 'uuid',
): { atMs: number; id: string } | null {
  const pattern = ids === 'uuid' ? TIME_AND_ID : TIME_AND_TEXT;
  const match = text === null ? null : pattern.exec(text);
  return match ? { atMs: Number(match[1]), id: match[2]! } : null;
}

export const writeKey = (atMs: number, id: string): string => `${atMs}.${id}`;
