import { type Violation, violation } from './errors';
import {
  SFRAME_COMMIT_PACK,
  SFRAME_HEADER,
  SFRAME_OBJECT,
  SFRAME_OBJECT_CHUNK,
  SFRAME_RESULT,
} from './frames';
import {
  type Limits,
  STREAM_MAX_CONTROL_FRAME_BYTES,
  STREAM_MAX_DELTA_DEPTH,
  STREAM_MAX_DEPTH,
  STREAM_MAX_MAP_ENTRIES,
} from './limits';
import {
  ARRAY,
  asBuffer,
  BIN,
  HEAD_BYTES,
  HEAD_BYTES_MAX,
  INT,
  MAP,
  MsgpackReader,
  STR,
} from './msgpack-reader';
import { checkTexts } from './text-check';

/**
 * Finds where each frame of a stream ends (docs/protocol.md §2): bytes in, one whole frame out.
 *
 * It walks the headers of the msgpack values and steps over payloads, each byte once, however the
 * stream is cut into chunks. What a header announces is judged before its payload is waited for, so
 * that a hostile length, count or nesting costs nothing. A frame that lies in one chunk is handed on
 * as a part of that chunk; one that spans chunks is gathered in memory that is sized by what its
 * headers promise, so that a long payload is copied once.
 *
 * Memory: one frame, and the keys of the maps that are open at one time, which are bounded too.
 *
 *   push(chunk) → queue → scan headers ──┬─ chunk used up → gather its part, wait for the next
 *                                        ├─ value whole   → texts and keys checked → the frame
 *                                        └─ refused       → a violation, for good
 */
export class FrameScanner {
  private readonly limits: Limits;
  private readonly fromHub: boolean;
  private readonly fixedMax: number | null;
  private readonly head = new MsgpackReader(Buffer.alloc(HEAD_BYTES_MAX));

  private queue: Buffer[] = [];
  private chunk: Buffer = EMPTY;
  private at = 0;
  /** Where the part of the current value begins that is in `chunk`. */
  private start = 0;
  private gathered: Buffer = EMPTY;
  private gatheredBytes = 0;
  /** A header whose bytes are in several chunks. */
  private readonly cutHead = Buffer.alloc(HEAD_BYTES_MAX);
  private cutHeadBytes = 0;

  /** Values still to come in each open container, and its entries if it is a map. */
  private readonly left = new Uint32Array(LEVELS_MAX + 1);
  private readonly isMap = new Uint8Array(LEVELS_MAX + 1);
  private readonly entries = new Uint32Array(LEVELS_MAX + 1);
  /** Entries of all open maps: what must be remembered to find a key that comes twice. */
  private openEntries = 0;
  private readonly openEntriesMax: number;
  private depth = 0;
  private depthMax = STREAM_MAX_DEPTH;
  /** Bytes of payload still to step over. */
  private payload = 0;
  /** The least bytes that the open containers still need: one for each value to come. */
  private owed = 0;
  private max = 0;
  private maxName = '';

  private word = NO_WORD;
  private readonly wordBytes = Buffer.alloc(WORD_BYTES_MAX);
  private wordSize = 0;
  private next3IsDelta = false;

  private frameIndex = 0;
  /** Byte of the stream where the current value begins. */
  private base = 0;
  private failed: Violation | null = null;

  /**
   * `peer`: whose frames these are. A hub's HEADER and RESULT carry all branch heads and may be as
   * long as a COMMIT_PACK. `valueBytesMax`: one maximum for every value instead of one per kind of
   * frame, for bodies that are a single map.
   */
  constructor(limits: Limits, options: { peer?: 'client' | 'hub'; valueBytesMax?: number } = {}) {
    this.limits = limits;
    this.fromHub = options.peer === 'hub';
    this.fixedMax = options.valueBytesMax ?? null;
    this.openEntriesMax = Math.max(2 * limits.maxSnapshotEntries, STREAM_MAX_MAP_ENTRIES);
    this.begin();
  }

  /** Frames handed on so far. */
  get framesRead(): number {
    return this.frameIndex;
  }

  /** Memory held for a frame that is not whole yet, beside the last chunk. */
  get heldBytes(): number {
    return this.gathered.length;
  }

  /** Takes the next bytes of the stream; they must not change until their frames were used. */
  push(chunk: Uint8Array): void {
    if (this.failed === null && chunk.length > 0) this.queue.push(asBuffer(chunk));
  }

  /**
   * The next whole frame; null when more bytes are needed; a violation, which stays the answer from
   * then on. The frame may be a part of a chunk: who keeps it, keeps the chunk.
   */
  next(): Uint8Array | Violation | null {
    while (this.failed === null) {
      if (this.at === this.chunk.length) {
        this.gather(this.chunk.subarray(this.start));
        const chunk = this.queue.shift();
        this.chunk = chunk ?? EMPTY;
        this.at = 0;
        this.start = 0;
        if (chunk === undefined) return null;
      }
      if (this.scan()) return this.finish();
    }
    return this.failed;
  }

  /** At the end of the stream, after `next` gave null: a violation when it stops inside a frame. */
  end(): Violation | null {
    if (this.failed !== null || this.seen() === 0) return this.failed;
    return this.fail('truncated-stream', 'The stream stopped inside a frame; push again.');
  }

  /** Bytes of the current value up to `at`. */
  private seen(): number {
    return this.gatheredBytes + this.at - this.start;
  }

  private begin(): void {
    this.depthMax = STREAM_MAX_DEPTH;
    this.next3IsDelta = false;
    this.max = this.fixedMax ?? 0;
    this.maxName = 'body_max_bytes';
    if (this.fixedMax !== null) return;
    const { maxObjectWireBytes, maxCommitPackBytes } = this.limits;
    this.max = Math.max(maxObjectWireBytes, maxCommitPackBytes, STREAM_MAX_CONTROL_FRAME_BYTES);
    this.maxName = 'frame_max_bytes';
  }

  /** Reads headers and steps over payloads; true when the value is whole. */
  private scan(): boolean {
    const end = this.chunk.length;
    while (this.at < end) {
      if (this.payload > 0) {
        const step = Math.min(this.payload, end - this.at);
        if (this.word !== NO_WORD) this.spell(step);
        this.at += step;
        this.payload -= step;
        if (this.payload > 0) return false;
        if (this.word !== NO_WORD && !this.heardWord()) return false;
      } else {
        if (!this.readHead(end) || !this.enter()) return false;
        if (this.payload > 0) continue;
      }
      while (this.depth > 0 && this.left[this.depth] === 0) {
        this.openEntries -= this.entries[this.depth]!;
        if (--this.depth === DELTA_LEVEL) this.depthMax = STREAM_MAX_DEPTH;
      }
      if (this.depth === 0) return true;
    }
    return false;
  }

  /** Reads the next header into `head`; false when the chunk ends inside it or it is refused. */
  private readHead(end: number): boolean {
    if (this.cutHeadBytes === 0) {
      const size = HEAD_BYTES[this.chunk[this.at]!]!;
      if (size === 0) return this.refuse('an ext type or a reserved byte');
      if (this.at + size <= end) {
        this.head.bytes = this.chunk;
        this.head.pos = this.at;
        this.head.head();
        this.at += size;
        return true;
      }
    }
    const first = this.cutHeadBytes === 0 ? this.chunk[this.at]! : this.cutHead[0]!;
    const missing = HEAD_BYTES[first]! - this.cutHeadBytes;
    const step = Math.min(missing, end - this.at);
    this.chunk.copy(this.cutHead, this.cutHeadBytes, this.at, this.at + step);
    this.at += step;
    this.cutHeadBytes += step;
    if (step < missing) return false;
    this.cutHeadBytes = 0;
    this.head.bytes = this.cutHead;
    this.head.pos = 0;
    this.head.head();
    return true;
  }

  /** Judges the value whose header was read, and opens it when it is a container. */
  private enter(): boolean {
    const { kind, size } = this.head;
    const depth = this.depth;
    if (depth === 0) {
      if (kind !== MAP) return this.refuse('a frame that is not a map');
    } else {
      const left = this.left[depth]!;
      this.left[depth] = left - 1;
      this.owed -= 1;
      if (this.isMap[depth] === 1 && (left & 1) === 0) {
        if (kind !== STR) return this.refuse('a map key that is not a text');
        if (depth === 1) this.word = size === 1 ? KEY_1 : NO_WORD;
        else if (depth === DELTA_LEVEL) this.word = size === DELTA_KEY.length ? KEY_3 : NO_WORD;
        this.wordSize = 0;
      } else if (this.word === CODE_NEXT) {
        this.word = NO_WORD;
        if (kind === STR && size > 0 && size <= 2) this.word = CODE;
        else if (!this.knowCode('')) return false;
        this.wordSize = 0;
      }
    }
    if (kind === ARRAY || kind === MAP) return this.open(kind, size);
    this.next3IsDelta = false;
    if (kind === STR || kind === BIN) {
      this.payload = size;
      if (!this.fits()) return false;
      // Most payloads are short, decide nothing and lie in this chunk.
      if (this.word === NO_WORD && size <= this.chunk.length - this.at) {
        this.at += size;
        this.payload = 0;
      }
      return true;
    }
    if (kind === INT && !Number.isSafeInteger(this.head.value)) {
      return this.refuse('an integer beyond 2^53 - 1');
    }
    return this.fits();
  }

  private open(kind: number, size: number): boolean {
    const values = kind === MAP ? size * 2 : size;
    this.owed += values;
    if (!this.fits()) return false;
    if (this.next3IsDelta && this.depth === DELTA_LEVEL) {
      this.depthMax = DELTA_LEVEL + STREAM_MAX_DELTA_DEPTH;
    }
    this.next3IsDelta = false;
    if (this.depth === this.depthMax) {
      return this.refuse(`more than ${this.depthMax} levels of nesting`);
    }
    const entries = kind === MAP ? size : 0;
    this.openEntries += entries;
    if (this.openEntries > this.openEntriesMax) return this.tooManyEntries();
    this.depth += 1;
    this.left[this.depth] = values;
    this.entries[this.depth] = entries;
    this.isMap[this.depth] = kind === MAP ? 1 : 0;
    return true;
  }

  private fits(): boolean {
    if (this.seen() + this.payload + this.owed <= this.max) return true;
    this.fail('limit-exceeded', `A frame is longer than the ${this.max} bytes it may have.`, {
      limit: this.maxName,
      max: this.max,
    });
    return false;
  }

  private tooManyEntries(): false {
    const max = this.openEntriesMax;
    this.fail('limit-exceeded', `A frame nests maps of more than ${max} entries in all.`, {
      limit: 'stream_max_map_entries',
      max,
    });
    return false;
  }

  /** Keeps the bytes of a short text that decides something: a key, or the frame's code. */
  private spell(step: number): void {
    this.chunk.copy(this.wordBytes, this.wordSize, this.at, this.at + step);
    this.wordSize += step;
  }

  private heardWord(): boolean {
    const word = this.word;
    this.word = NO_WORD;
    if (word === KEY_1) {
      if (this.wordBytes[0] === 0x74) this.word = CODE_NEXT;
    } else if (word === KEY_3) {
      this.next3IsDelta = DELTA_KEY.equals(this.wordBytes.subarray(0, this.wordSize));
    } else {
      return this.knowCode(this.wordBytes.toString('latin1', 0, this.wordSize));
    }
    return true;
  }

  /** From here on the maximum is that of the kind of frame. */
  private knowCode(code: string): boolean {
    if (this.fixedMax !== null) return true;
    if (code === SFRAME_OBJECT || code === SFRAME_OBJECT_CHUNK) {
      this.max = this.limits.maxObjectWireBytes;
      this.maxName = 'stream_max_object_wire_bytes';
    } else if (
      code === SFRAME_COMMIT_PACK ||
      (this.fromHub && (code === SFRAME_HEADER || code === SFRAME_RESULT))
    ) {
      this.max = this.limits.maxCommitPackBytes;
      this.maxName = 'stream_max_commit_pack_bytes';
    } else {
      this.max = STREAM_MAX_CONTROL_FRAME_BYTES;
      this.maxName = 'stream_max_control_frame_bytes';
    }
    return this.fits();
  }

  /** Keeps the bytes of a value that goes on in the next chunk. */
  private gather(part: Buffer): void {
    if (part.length === 0) return;
    const used = this.gatheredBytes + part.length;
    if (used > this.gathered.length) {
      // At least what the headers promise, so that a payload finds its place at once; at least
      // double, so that many small values are not copied again and again.
      const promised = used + this.payload + this.owed + HEAD_BYTES_MAX;
      const grown = Buffer.allocUnsafeSlow(
        Math.max(promised, Math.min(this.gathered.length * 2, this.max)),
      );
      this.gathered.copy(grown, 0, 0, this.gatheredBytes);
      this.gathered = grown;
    }
    part.copy(this.gathered, this.gatheredBytes);
    this.gatheredBytes = used;
    this.start = this.at;
  }

  private finish(): Uint8Array | Violation {
    let frame = this.chunk.subarray(this.start, this.at);
    if (this.gatheredBytes > 0) {
      this.gather(frame);
      frame = this.gathered.subarray(0, this.gatheredBytes);
      this.gathered = EMPTY;
      this.gatheredBytes = 0;
    }
    this.start = this.at;
    const problem = checkTexts(frame);
    if (problem !== null) {
      this.base += problem.offset;
      this.fail('bad-frame', `A frame is malformed: ${problem.message}.`);
      return this.failed!;
    }
    this.base += frame.length;
    this.frameIndex += 1;
    this.owed = 0;
    this.begin();
    return frame;
  }

  private refuse(what: string): false {
    this.fail('bad-frame', `A frame is malformed: it holds ${what}.`);
    return false;
  }

  private fail(code: Violation['code'], message: string, detail: Violation['detail'] = {}) {
    const offset = this.base + this.seen();
    this.failed = violation(code, { frame_index: this.frameIndex, offset, ...detail }, message);
    this.queue = [];
    this.chunk = EMPTY;
    this.at = 0;
    this.start = 0;
    this.gathered = EMPTY;
    this.gatheredBytes = 0;
    return this.failed;
  }
}

const EMPTY = Buffer.alloc(0);
/** The map of a commit record is the third level of a COMMIT_PACK: frame, list, record. */
const DELTA_LEVEL = 3;
const DELTA_KEY = Buffer.from('structured_delta');
const LEVELS_MAX = DELTA_LEVEL + STREAM_MAX_DELTA_DEPTH;
const WORD_BYTES_MAX = DELTA_KEY.length;

// Which short text is being read, or comes next.
const NO_WORD = 0;
const KEY_1 = 1;
const CODE_NEXT = 2;
const CODE = 3;
const KEY_3 = 4;
