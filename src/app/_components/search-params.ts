/** What a page's query says; of a name given twice the first. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** A value of the query; null when it is not there or empty. */
export async function param(searchParams: SearchParams, name: string): Promise<string | null> {
  const value = (await searchParams)[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === '' ? null : first;
}

const TIME_AND_ID = /^(\d{1,16})\.([0-9a-f-]{36})$/;

/** The key of a list's next page, `<milliseconds>.<uuid>`; null when it is none. */
export function readKey(text: string | null): { atMs: number; id: string } | null {
  const match = text === null ? null : TIME_AND_ID.exec(text);
  return match ? { atMs: Number(match[1]), id: match[2]! } : null;
}

export const writeKey = (atMs: number, id: string): string => `${atMs}.${id}`;
