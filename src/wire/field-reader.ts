import type { Id, IdFormat } from '~/muse/ids';
import { type ErrorCode, type ErrorDetail, type Violation, violation } from './errors';
import { ARRAY, BIN, BOOL, INT, MAP, MsgpackReader, STR } from './msgpack-reader';

/**
 * Reads the fields of one frame or record, one after the other, and remembers the first thing that
 * is wrong. After a problem every method returns a neutral value; who reads looks at `problem` once
 * per field and stops:
 *
 *   for (let left = f.map(); left > 0 && f.problem === null; left--) {
 *     switch (f.key()) {
 *       case 'size': size = f.count(max); break;
 *       default: f.skip();
 *     }
 *   }
 */
export class FieldReader extends MsgpackReader {
  problem: Violation | null = null;
  /** The text form of the ids met so far. */
  idFormat: IdFormat | null = null;
  /** The field being read, as violations name it. */
  field = '';
  /** Code of a violation about a field; a commit record's differs from a frame's. */
  code: ErrorCode = 'bad-frame';
  /** What violations say beside the field: the frame, the commit's id … */
  context: ErrorDetail;
  /** What the fields belong to, for sentences: `OBJECT`, `commit record` … */
  owner: string;

  constructor(bytes: Uint8Array, owner: string, context: ErrorDetail = {}, pos = 0) {
    super(bytes, pos);
    this.owner = owner;
    this.context = context;
  }

  /** Says that the current field is wrong: `must` completes "<field> must …". */
  fail(must: string, code: ErrorCode = this.code, detail: ErrorDetail = {}): void {
    if (this.problem !== null) return;
    const about = this.field === '' ? { ...this.context } : { ...this.context, field: this.field };
    const subject = this.field === '' ? `A ${this.owner}` : `${this.owner}: ${this.field}`;
    this.problem = violation(code, { ...about, ...detail }, `${subject} must ${must}.`);
  }

  /** Adds to what the problem says, when there is one. */
  note(detail: ErrorDetail): void {
    if (this.problem !== null) Object.assign(this.problem.detail, detail);
  }

  /** Says that a limit is exceeded by the current field. */
  exceed(limit: string, max: number, unit: string): void {
    this.fail(`have at most ${max} ${unit}`, 'limit-exceeded', { limit, max });
  }

  /** Says that a required field is not there. */
  missing(field: string): void {
    this.field = field;
    this.fail('be there');
  }

  /** Entries of the map at `pos`; 0 when it is none. */
  map(): number {
    this.head();
    if (this.kind === MAP) return this.size;
    this.fail('be a map');
    return 0;
  }

  /** Elements of the array at `pos`; 0 when it is none. */
  list(): number {
    this.head();
    if (this.kind === ARRAY) return this.size;
    this.fail('be a list');
    return 0;
  }

  /** The key at `pos`, which becomes the current field. */
  key(): string {
    this.head();
    if (this.kind !== STR) {
      this.fail('have texts as keys');
      return '';
    }
    this.field = this.text();
    return this.field;
  }

  /** A text of at most `maxBytes` bytes of UTF-8 without NUL, which no database text can hold. */
  string(maxBytes: number, limit: string | null = null): string {
    this.head();
    if (this.kind !== STR) {
      this.fail('be a text');
      return '';
    }
    if (this.size > maxBytes) {
      if (limit === null) this.fail(`have at most ${maxBytes} bytes`);
      else this.exceed(limit, maxBytes, 'bytes');
      return '';
    }
    const text = this.text();
    if (text.includes('\0')) this.fail('not hold NUL');
    return text;
  }

  /** An integer from 0 to `max`. */
  count(max = Number.MAX_SAFE_INTEGER): number {
    this.head();
    if (this.kind === INT && this.value >= 0 && this.value <= max) return this.value;
    this.fail(
      max === Number.MAX_SAFE_INTEGER ? 'be an integer from 0' : `be an integer from 0 to ${max}`,
    );
    return 0;
  }

  bool(): boolean {
    this.head();
    if (this.kind !== BOOL) this.fail('be true or false');
    return this.value === 1;
  }

  /** A binary; a part of the frame, not copied. */
  data(): Uint8Array {
    this.head();
    if (this.kind === BIN) return this.binary();
    this.fail('be a binary');
    return NOTHING;
  }

  /** An id in either text form, the same form throughout. */
  id(): Id {
    this.head();
    if (this.kind === STR) {
      const { pos, size } = this;
      const digits = size === 64 ? pos : size === 71 && this.prefixAt(pos) ? pos + 7 : -1;
      if (digits >= 0 && this.hexAt(digits)) {
        this.pos = pos + size;
        this.sameFormat(size === 64 ? 'bare' : 'prefixed');
        return this.bytes.toString('latin1', digits, digits + 64);
      }
    }
    this.fail('be an id (64 lowercase hex digits, bare or after "sha256:")');
    return '';
  }

  private sameFormat(format: IdFormat): void {
    if (this.idFormat === null) this.idFormat = format;
    else if (this.idFormat !== format) {
      this.fail(
        'have the same form of id as the rest (bare or after "sha256:")',
        'id-format-mismatch',
      );
    }
  }

  private prefixAt(at: number): boolean {
    for (let i = 0; i < PREFIX.length; i++) if (this.bytes[at + i] !== PREFIX[i]) return false;
    return true;
  }

  private hexAt(at: number): boolean {
    const bytes = this.bytes;
    let all = 1;
    for (let i = at; i < at + 64; i++) all &= IS_HEX[bytes[i]!]!;
    return all === 1;
  }

  /** Stands at the value of a key of the map at `start`; false when it has no such key. */
  seek(start: number, key: string): boolean {
    this.pos = start;
    this.head();
    let left = this.kind === MAP ? this.size : 0;
    for (; left > 0; left--) {
      this.head();
      if (this.text() === key) return true;
      this.skip();
    }
    return false;
  }
}

const NOTHING = new Uint8Array(0);
const PREFIX = Buffer.from('sha256:');
const IS_HEX = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdef')) IS_HEX[digit] = 1;
