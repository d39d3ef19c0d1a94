/**
 * The small language of the search field, as the page writes it: words, which are found by their
 * beginnings; `"some words"`, found together as they stand; and `name:value` with one of the names
 * below, whose value may stand in quotes too. Anything else is a word. Pure, and never an error:
 * what a person types always means something.
 */
export interface SearchQuery {
  words: string[];
  phrases: string[];
  author: string | null;
  agent: string | null;
  type: string | null;
  /** `owner/slug`. */
  repo: string | null;
  /** A branch, tag or commit; for files. */
  ref: string | null;
  /** Hex digits, when the whole text can be the start of a commit's id. */
  idStart: string | null;
}

export const SEARCH_MAX_CHARACTERS = 300;
const WORDS_MAX = 12;
const NAMES = ['author', 'agent', 'type', 'repo', 'ref'] as const;

const PART = /(?:(author|agent|type|repo|ref):)?(?:"([^"]*)"?|(\S+))/gi;
const FIELD_ALONE = /^(?:author|agent|type|repo|ref):$/i;
const ID_START = /^(?:sha256:)?([0-9a-f]{6,64})$/i;

export function parseSearch(text: string): SearchQuery {
  const query: SearchQuery = {
    ...{ words: [], phrases: [], author: null, agent: null, type: null, repo: null, ref: null },
    idStart: null,
  };
  const whole = text.slice(0, SEARCH_MAX_CHARACTERS).trim();
  for (const [, name, quoted, plain] of whole.matchAll(PART)) {
    const value = (quoted ?? plain ?? '').trim();
    // A field whose value is still to be typed says nothing yet.
    if (value === '' || FIELD_ALONE.test(value)) continue;
    const field = NAMES.find((known) => known === name?.toLowerCase());
    if (field) query[field] = value;
    else if (query.words.length + query.phrases.length >= WORDS_MAX) continue;
    else if (quoted !== undefined) query.phrases.push(value);
    else query.words.push(value);
  }
  const [word] = query.words;
  if (query.words.length === 1 && query.phrases.length === 0) {
    query.idStart = ID_START.exec(word!)?.[1]?.toLowerCase() ?? null;
  }
  return query;
}

/** Whether there is anything to look for. */
export function asksNothing({ words, phrases, author, agent, type }: SearchQuery): boolean {
  return words.length + phrases.length === 0 && author === null && agent === null && type === null;
}
