import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';
import { constants, createDeflate, deflate, deflateSync } from 'node:zlib';
import type { Id, IdFormat } from '~/muse/ids';
import { encodeObjectHead } from '~/wire/frame-codec';
import { type Encoding, SFRAME_OBJECT, SFRAME_OBJECT_CHUNK } from '~/wire/frames';
import {
  DECODE_MAX_RATIO,
  DECODE_RATIO_FREE_BYTES,
  STREAM_MAX_CONTROL_FRAME_BYTES,
} from '~/wire/limits';
import { ClientError, fileError } from './client-error';
import { inOrder } from './in-parallel';
import type { PlannedObject } from './push-plan';

/** What sending objects reads of the repository; `Repository` has it. */
export interface ObjectSource {
  readObject(id: Id, bytes: number): Promise<Buffer>;
  objectPath(id: Id): string;
}

/** Objects above this size are read and sent in pieces of `CHUNK_BYTES`. */
const WHOLE_BYTES_MAX = 4 * 1024 ** 2;
const CHUNK_BYTES = 1024 ** 2;
/** Read and compressed ahead of the connection. */
const OBJECTS_AHEAD = 16;
const BYTES_AHEAD = 16 * 1024 ** 2;
/** Below this an encoding saves less than it costs. */
const COMPRESS_BYTES_MIN = 128;
/** Below this a call into the thread pool costs more than compressing. */
const COMPRESS_HERE_BYTES = 32 * 1024;
/** From this size on, a sample decides whether compressing is worth a try. */
const SAMPLE_BYTES_MIN = 32 * 1024;
const SAMPLE_BYTES = 4 * 1024;
/** Encoded ÷ decoded size above which an object is sent as it is. */
const WORTH_RATIO = 0.92;
/** Two thirds of the time of zlib's own choice, 6, for one hundredth more bytes. */
const LEVEL = 3;

const deflateAsync = promisify(deflate);

export interface SentObject {
  /** Bytes of a frame, one part after the other. */
  parts: Uint8Array[];
  /** Decoded bytes that these frames stand for. */
  bytes: number;
  /** Objects that are complete with these frames. */
  objects: number;
}

/**
 * The OBJECT and OBJECT_CHUNK frames of objects, in order. Small ones are read and compressed ahead,
 * large ones stream from disk; every one is hashed as it is read.
 *
 * @param frameBytesMax the most bytes of a frame that the hub takes
 * @throws ClientError `repository-damaged` when an object is missing or does not hash to its id
 */
export async function* objectFrames(
  source: ObjectSource,
  objects: readonly PlannedObject[],
  idFormat: IdFormat,
  frameBytesMax: number,
): AsyncGenerator<SentObject> {
  const room = frameBytesMax - STREAM_MAX_CONTROL_FRAME_BYTES;
  const wholeMax = Math.min(WHOLE_BYTES_MAX, room);
  const chunkMax = Math.min(CHUNK_BYTES, room);
  const weight = (object: PlannedObject) => (object.size > wholeMax ? 0 : object.size);
  const prepared = inOrder(objects, OBJECTS_AHEAD, BYTES_AHEAD, weight, async (object) => ({
    object,
    encoded: object.size > wholeMax ? null : await encodeWhole(source, object),
  }));
  for await (const { object, encoded } of prepared) {
    if (encoded === null) yield* chunkFrames(source, object, idFormat, chunkMax);
    else {
      const { encoding, data } = encoded;
      const { id, size, path } = object;
      const head = { type: SFRAME_OBJECT, id, size, encoding, path } as const;
      const parts = [encodeObjectHead(head, data.length, idFormat), data];
      yield { parts, bytes: size, objects: 1 };
    }
  }
}

async function encodeWhole(
  source: ObjectSource,
  object: PlannedObject,
): Promise<{ encoding: Encoding; data: Uint8Array }> {
  const bytes = await source.readObject(object.id, object.size);
  if (bytes.length < COMPRESS_BYTES_MIN || !isWorthATry(bytes))
    return { encoding: 'raw', data: bytes };
  const data =
    bytes.length <= COMPRESS_HERE_BYTES
      ? deflateSync(bytes, { level: LEVEL })
      : await deflateAsync(bytes, { level: LEVEL });
  const believable = bytes.length <= DECODE_RATIO_FREE_BYTES + data.length * DECODE_MAX_RATIO;
  return believable && data.length <= bytes.length * WORTH_RATIO
    ? { encoding: 'zlib', data }
    : { encoding: 'raw', data: bytes };
}

/** Whether samples from the beginning and the middle of some bytes become smaller. */
function isWorthATry(bytes: Buffer): boolean {
  if (bytes.length < SAMPLE_BYTES_MIN) return true;
  const middle = bytes.length >> 1;
  const sample = Buffer.concat([
    bytes.subarray(0, SAMPLE_BYTES),
    bytes.subarray(middle, middle + SAMPLE_BYTES),
  ]);
  return deflateSync(sample, { level: 1 }).length <= sample.length * WORTH_RATIO;
}

async function* chunkFrames(
  source: ObjectSource,
  object: PlannedObject,
  idFormat: IdFormat,
  chunkMax: number,
): AsyncGenerator<SentObject> {
  const { id, size } = object;
  const file = source.objectPath(id);
  const hash = createHash('sha256');
  let read = 0;
  const decoded = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      hash.update(chunk);
      read += chunk.length;
      yield chunk;
    }
  };
  const chunks = decoded();
  try {
    const first = (await chunks.next()).value as Buffer | undefined;
    const encoding: Encoding = first !== undefined && isWorthATry(first) ? 'zlib' : 'raw';
    const rest = async function* () {
      if (first !== undefined) yield first;
      yield* chunks;
    };
    const encoded = encoding === 'zlib' ? deflated(rest()) : rest();
    let seq = 0;
    let told = 0;
    const frame = (data: Buffer, last: boolean): SentObject => {
      const head = { type: SFRAME_OBJECT_CHUNK, id, seq: seq++, size, encoding, last } as const;
      const bytes = read - told;
      told = read;
      const parts = [encodeObjectHead(head, data.length, idFormat), data];
      return { parts, bytes, objects: last ? 1 : 0 };
    };
    // One chunk is held back: the last one says so, and goes out only when the hash is right.
    let held: Buffer | null = null;
    for await (const data of inPieces(encoded, chunkMax)) {
      if (held !== null) yield frame(held, false);
      held = data;
    }
    if (hash.digest('hex') !== id || read !== size) {
      throw new ClientError('repository-damaged', `${file}: the object does not hash to its id`, {
        detail: { file },
      });
    }
    yield frame(held ?? Buffer.alloc(0), true);
  } catch (error) {
    throw fileError(error, `read ${file}`);
  } finally {
    await chunks.return(undefined);
  }
}

/**
 * Compresses a stream. What would become smaller than a decoder believes (`DECODE_MAX_RATIO`) is
 * stored as it is in between, so that files with long runs of nothing pass too.
 */
async function* deflated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const zlib = createDeflate({ level: LEVEL });
  let fed = 0;
  let encoded = 0;
  let level = LEVEL;
  const feed = async (): Promise<void> => {
    for await (const chunk of chunks) {
      fed += chunk.length;
      const tooSmall = fed > DECODE_RATIO_FREE_BYTES / 2 + encoded * (DECODE_MAX_RATIO / 2);
      const wanted = tooSmall ? constants.Z_NO_COMPRESSION : LEVEL;
      if (wanted !== level) {
        level = wanted;
        await new Promise<void>((resolve) => {
          zlib.params(wanted, constants.Z_DEFAULT_STRATEGY, resolve);
        });
      }
      if (!zlib.write(chunk)) await once(zlib, 'drain');
    }
    zlib.end();
  };
  const fedAll = feed().catch((error) => {
    zlib.destroy(error);
  });
  try {
    for await (const chunk of zlib as AsyncIterable<Buffer>) {
      encoded += chunk.length;
      yield chunk;
    }
  } finally {
    zlib.destroy();
    await fedAll;
  }
}

/** Joins chunks into pieces of exactly `size` bytes; the last one may be shorter. */
async function* inPieces(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(size);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const step = Math.min(size - used, chunk.length - at);
      chunk.copy(piece, used, at, at + step);
      used += step;
      at += step;
      if (used === size) {
        yield piece;
        piece = Buffer.allocUnsafe(size);
        used = 0;
      }
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}
