/** A commit of git as far as it is imported; text decoded, times as numbers. */
export interface GitCommit {
  id: string;
  tree: string;
  author: GitPerson;
  committer: GitPerson;
  message: string;
  /** Whether the message, or a name, was in no encoding that could be told and was guessed. */
  guessed: boolean;
}

export interface GitPerson {
  name: string;
  email: string;
  /** Seconds since 1970. */
  seconds: number;
  /** Minutes east of UTC. */
  offset: number;
  /** Date and offset as git has them. */
  raw: string;
}

/** The object ids of a commit's headers and the rest decoded; null when it is not a commit. */
export function parseGitCommit(id: string, bytes: Buffer): GitCommit | null {
  const headers = new Map<string, Buffer>();
  let at = 0;
  let last = '';
  while (at < bytes.length && bytes[at] !== NEWLINE) {
    const found = bytes.indexOf(NEWLINE, at);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(at, end);
    // Further lines of a value, such as a signature's, begin with a space.
    if (line[0] !== SPACE || last === '') {
      const space = line.indexOf(SPACE);
      last = line.toString('latin1', 0, space === -1 ? line.length : space);
      if (!headers.has(last)) headers.set(last, space === -1 ? EMPTY : line.subarray(space + 1));
    }
    at = end + 1;
  }
  const tree = headers.get('tree')?.toString('latin1');
  if (tree === undefined) return null;
  const text = new TextReader(headers.get('encoding')?.toString('latin1'));
  const message = text.read(bytes.subarray(Math.min(at + 1, bytes.length)));
  const author = parsePerson(text, headers.get('author') ?? EMPTY);
  const committer = parsePerson(text, headers.get('committer') ?? EMPTY);
  return {
    id,
    tree,
    author,
    committer,
    // NUL would make the id ambiguous; the end of the last line is git's, not the author's.
    message: message.replaceAll('\0', '').replace(/\n+$/, ''),
    guessed: text.guessed,
  };
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const EMPTY = Buffer.alloc(0);

const PERSON = /^(.*?) ?<([^<>]*)>(?: *(-?\d+)(?: ([+-])(\d+))?)?/s;
const SECONDS_MAX = 253_402_214_400;
const SECONDS_MIN = -62_135_510_400;

function parsePerson(text: TextReader, bytes: Buffer): GitPerson {
  const line = text.read(bytes).replaceAll('\0', '');
  const found = PERSON.exec(line);
  if (found === null) return { name: line.trim(), email: '', seconds: 0, offset: 0, raw: '' };
  const [, name = '', email = '', secondsText = '0', sign = '+', offsetText = '0'] = found;
  const seconds = Number(secondsText);
  const minutes = Math.floor(Number(offsetText) / 100) * 60 + (Number(offsetText) % 100);
  return {
    name: name.trim(),
    email: email.trim(),
    seconds: seconds >= SECONDS_MIN && seconds <= SECONDS_MAX ? seconds : 0,
    // Offsets of a day or more exist in old histories and mean nothing.
    offset: minutes < 24 * 60 ? (sign === '-' ? -minutes || 0 : minutes) : 0,
    raw: line.slice(line.lastIndexOf('>') + 1).trim(),
  };
}

/** Decodes text of one commit: by its `encoding` header, else UTF-8, else a guess. */
class TextReader {
  readonly #label: string | undefined;
  guessed = false;

  constructor(label: string | undefined) {
    this.#label = label;
  }

  read(bytes: Buffer): string {
    if (this.#label !== undefined && !/^utf-?8$/i.test(this.#label)) {
      try {
        return new TextDecoder(this.#label, { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        // An encoding that is not known here, or is not the one of these bytes.
        this.guessed = true;
      }
    }
    try {
      return utf8.decode(bytes);
    } catch {
      this.guessed = true;
      return new TextDecoder('windows-1252').decode(bytes);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A time in the text that Python's `datetime.isoformat()` writes: whole seconds, with the offset. */
export function isoTime(seconds: number, offset: number): string {
  const local = new Date((seconds + offset * 60) * 1000);
  // JavaScript writes six digits and a sign outside the years 0 to 9999; bounds keep these away.
  const text = local.toISOString().slice(0, 19);
  const size = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${text}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
