import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { DecodeError } from './decode-error';
import { type Id, sha256 } from './ids';
import { checkPolyglot, POLYGLOT_HEAD_BYTES, POLYGLOT_TAIL_BYTES } from './polyglot';
import { isProblem, type Problem, problem } from './problem';
import { type Encoding, type StreamDecoder, streamDecoder } from './stream-decoder';
import { ZstdDecoder } from './zstd-decoder';

/** What decoding may cost (docs/protocol.md §7). */
export interface DecodeBounds {
  /** Decoded bytes of one object. */
  maxObjectBytes: number;
  /** Decoded bytes per encoded byte, once `ratioFreeBytes` are decoded. */
  maxRatio: number;
  ratioFreeBytes: number;
  /** Window of a zstd frame. */
  zstdMaxWindowBytes: number;
}

export const DEFAULT_DECODE_BOUNDS: Readonly<DecodeBounds> = Object.freeze({
  maxObjectBytes: 2 * 1024 ** 3,
  maxRatio: 200,
  ratioFreeBytes: 1024 ** 2,
  zstdMaxWindowBytes: 8 * 1024 ** 2,
});

/** Objects up to this size, in up to twice as many encoded bytes, are inflated in one call. */
const SYNC_MAX_BYTES = 1024 ** 2;

export interface ObjectHead {
  id: Id;
  /** Decoded bytes, as declared. */
  size: number;
  encoding: Encoding;
}

export interface EncodedObject extends ObjectHead {
  /** The whole encoded object. */
  data: Uint8Array;
}

export interface CheckedObject extends ObjectHead {
  /** The two formats of a polyglot, e.g. `gif+zip`; '' for none. */
  polyglot: string;
}

export interface DecodedObject extends CheckedObject {
  /**
   * What is worth storing: the bytes as they came when they are fewer than the decoded ones, else
   * the decoded ones. `encoding` is that of `parts`; these may be views into `data`.
   */
  parts: Uint8Array[];
}

const refuse = (
  code: Problem['code'],
  { id }: ObjectHead,
  detail: Record<string, unknown>,
  message?: string,
) => problem(code, { object_id: id, ...detail }, message);

const decodeFailed = (head: ObjectHead, error: DecodeError): Problem =>
  error.limit
    ? overLimit(head, error.limit.name, error.limit.max)
    : refuse('object-decode-failed', head, { encoding: head.encoding, reason: error.reason });

const overLimit = (head: ObjectHead, limit: string, max: number): Problem =>
  limit === 'decode_max_ratio'
    ? refuse('limit-exceeded', head, { limit, max }, RATIO_SENTENCE)
    : refuse('limit-exceeded', head, { limit, max });

const RATIO_SENTENCE =
  'An object expands too much when it is decoded; send it raw, or encoded less tightly.';

const wrongSize = (head: ObjectHead, decoded: number): Problem =>
  refuse('object-size-mismatch', head, { size: head.size, decoded_bytes: decoded });

/**
 * Checks one object that came whole: decodes it within the bounds, compares size and SHA-256 with
 * what was declared, looks for a second format (docs/protocol.md §3, §6).
 *
 * Small objects, and raw ones of any size, are answered at once, without a promise: a push of many
 * small files shall not pay a tick for each.
 *
 * @returns the object, or `limit-exceeded`, `object-decode-failed`, `object-size-mismatch`,
 * `object-hash-mismatch`. Wait for the outcome before the bytes of `data` are reused.
 */
export function decodeObject(
  object: EncodedObject,
  bounds: DecodeBounds = DEFAULT_DECODE_BOUNDS,
): DecodedObject | Problem | Promise<DecodedObject | Problem> {
  const { size, encoding, data } = object;
  if (size > bounds.maxObjectBytes)
    return overLimit(object, 'stream_max_object_bytes', bounds.maxObjectBytes);
  if (encoding === 'raw')
    return data.length === size ? accept(object, data) : wrongSize(object, data.length);
  if (size > ratioAllows(data.length, bounds))
    return overLimit(object, 'decode_max_ratio', bounds.maxRatio);
  if (size > SYNC_MAX_BYTES || data.length > 2 * SYNC_MAX_BYTES) return decodeLarge(object, bounds);
  let decoded: Uint8Array;
  try {
    decoded = decodeAtOnce(object, data, bounds.zstdMaxWindowBytes);
  } catch (error) {
    if (error instanceof DecodeError) return decodeFailed(object, error);
    throw error;
  }
  return decoded.length === size ? accept(object, decoded) : wrongSize(object, decoded.length);
}

/** Decoded bytes that so many encoded ones may give. */
const ratioAllows = (encodedBytes: number, bounds: DecodeBounds) =>
  bounds.ratioFreeBytes + bounds.maxRatio * encodedBytes;

/** The last checks of an object whose decoded bytes, of the right number, lie in memory. */
function accept(object: EncodedObject, decoded: Uint8Array): DecodedObject | Problem {
  const hash = sha256(decoded);
  if (hash !== object.id) return refuse('object-hash-mismatch', object, { hash });
  const asItCame = object.data.length < decoded.length;
  return {
    id: object.id,
    size: object.size,
    encoding: asItCame ? object.encoding : 'raw',
    parts: [asItCame ? object.data : decoded],
    polyglot: checkPolyglot(
      decoded.subarray(0, POLYGLOT_HEAD_BYTES),
      decoded.subarray(Math.max(0, decoded.length - POLYGLOT_TAIL_BYTES)),
      decoded.length,
    ),
  };
}

/**
 * Decodes a whole small object in this thread. Throws `DecodeError`; when the bytes decode to more
 * than the declared size the result is longer than that by at least one, and not the whole.
 */
export function decodeAtOnce(
  { size, encoding }: Pick<ObjectHead, 'size' | 'encoding'>,
  data: Uint8Array,
  zstdMaxWindowBytes: number,
): Uint8Array {
  switch (encoding) {
    case 'raw':
      return data;
    case 'zlib':
      return inflateAtOnce(size, data);
    case 'zstd':
      return unzstdAtOnce(size, data, zstdMaxWindowBytes);
  }
}

function inflateAtOnce(size: number, data: Uint8Array): Uint8Array {
  // One byte of room more than declared, so that zlib sees its end marker in the same step.
  const room = size + 1;
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    result = inflateSync(data, {
      info: true,
      maxOutputLength: room,
      chunkSize: Math.max(64, Math.min(room, SYNC_MAX_BYTES)),
    }) as unknown as typeof result;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return new Uint8Array(room);
    throw new DecodeError(`are not valid zlib: ${message}`);
  }
  if (result.engine.bytesWritten < data.length)
    throw new DecodeError('go on after the end of the zlib stream');
  return result.buffer;
}

function unzstdAtOnce(size: number, data: Uint8Array, maxWindowBytes: number): Uint8Array {
  const decoder = new ZstdDecoder(maxWindowBytes);
  const decoded = Buffer.allocUnsafe(size);
  let length = 0;
  for (const chunk of decoder.push(data)) {
    if (length + chunk.length > size) return new Uint8Array(size + 1);
    decoded.set(chunk, length);
    length += chunk.length;
  }
  decoder.end();
  return decoded.subarray(0, length);
}

/** Keeps the decoded bytes only when these are to be stored: then they are no more than came. */
async function decodeLarge(
  object: EncodedObject,
  bounds: DecodeBounds,
): Promise<DecodedObject | Problem> {
  const { data } = object;
  const kept: Uint8Array[] | null = data.length < object.size ? null : [];
  const decoder = new ObjectDecoder(object, bounds, kept);
  const refused = await decoder.write(data);
  if (refused) return refused;
  const checked = await decoder.finish();
  if (isProblem(checked)) return checked;
  return kept ? { ...checked, encoding: 'raw', parts: kept } : { ...checked, parts: [data] };
}

/**
 * Checks one object that comes in chunks, in bounded memory, with the outcomes of `decodeObject`.
 * The chunks are stored in the encoding in which they come. Await each call before the next, and
 * call `destroy` when the object is given up.
 */
export class ObjectDecoder {
  readonly #hash: Hash = createHash('sha256');
  readonly #stream: StreamDecoder;
  readonly #ends = new Ends();
  #encodedBytes = 0;
  #decodedBytes = 0;
  #problem: Problem | null = null;

  constructor(
    readonly head: ObjectHead,
    readonly bounds: DecodeBounds = DEFAULT_DECODE_BOUNDS,
    /** Where to put copies of the decoded bytes; the caller knows that they are few. */
    readonly kept: Uint8Array[] | null = null,
  ) {
    if (head.size > bounds.maxObjectBytes)
      this.#problem = overLimit(head, 'stream_max_object_bytes', bounds.maxObjectBytes);
    this.#stream = streamDecoder(
      head.encoding,
      (decoded) => this.#take(decoded),
      bounds.zstdMaxWindowBytes,
    );
  }

  /** Takes the next chunk; the problem when the object is refused already. */
  async write(data: Uint8Array): Promise<Problem | null> {
    if (this.#problem) return this.#problem;
    this.#encodedBytes += data.length;
    await this.#guard(() => this.#stream.write(data));
    return this.#problem;
  }

  /** Ends the object. */
  async finish(): Promise<CheckedObject | Problem> {
    if (!this.#problem) await this.#guard(() => this.#stream.finish());
    if (this.#problem) return this.#problem;
    const { head } = this;
    if (this.#decodedBytes !== head.size) return wrongSize(head, this.#decodedBytes);
    const hash = this.#hash.digest('hex');
    if (hash !== head.id) return refuse('object-hash-mismatch', head, { hash });
    const polyglot = checkPolyglot(this.#ends.head, this.#ends.tail, head.size);
    return { id: head.id, size: head.size, encoding: head.encoding, polyglot };
  }

  /** Releases what the decoder holds. */
  destroy(): void {
    this.#stream.destroy();
  }

  #take(decoded: Uint8Array): boolean {
    const { head, bounds } = this;
    this.#decodedBytes += decoded.length;
    if (this.#decodedBytes > head.size) this.#problem = wrongSize(head, this.#decodedBytes);
    else if (
      head.encoding !== 'raw' &&
      this.#decodedBytes > ratioAllows(this.#encodedBytes, bounds)
    )
      this.#problem = overLimit(head, 'decode_max_ratio', bounds.maxRatio);
    if (this.#problem) return false;
    this.#hash.update(decoded);
    this.#ends.add(decoded);
    this.kept?.push(Uint8Array.from(decoded));
    return true;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#problem ??= decodeFailed(this.head, error);
    }
    if (this.#problem) this.destroy();
  }
}

/** Keeps the first and the last bytes of what runs through. */
class Ends {
  readonly #head = Buffer.alloc(POLYGLOT_HEAD_BYTES);
  #headBytes = 0;
  /** Twice as long as the tail, so that it is moved down but once per length of the tail. */
  #tail = Buffer.alloc(0);
  #tailBytes = 0;

  add(bytes: Uint8Array): void {
    if (this.#headBytes < POLYGLOT_HEAD_BYTES) {
      const part = bytes.subarray(0, POLYGLOT_HEAD_BYTES - this.#headBytes);
      this.#head.set(part, this.#headBytes);
      this.#headBytes += part.length;
    }
    if (this.#tail.length === 0) this.#tail = Buffer.allocUnsafeSlow(2 * POLYGLOT_TAIL_BYTES);
    const last = bytes.subarray(Math.max(0, bytes.length - POLYGLOT_TAIL_BYTES));
    if (this.#tailBytes + last.length > this.#tail.length) {
      const keep = POLYGLOT_TAIL_BYTES;
      this.#tail.copyWithin(0, this.#tailBytes - keep, this.#tailBytes);
      this.#tailBytes = keep;
    }
    this.#tail.set(last, this.#tailBytes);
    this.#tailBytes += last.length;
  }

  get head(): Uint8Array {
    return this.#head.subarray(0, this.#headBytes);
  }

  get tail(): Uint8Array {
    return this.#tail.subarray(Math.max(0, this.#tailBytes - POLYGLOT_TAIL_BYTES), this.#tailBytes);
  }
}
