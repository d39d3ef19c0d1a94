import { createHash } from 'node:crypto';
import { DecodeError } from './decode-error';
import { type Id, sha256 } from './ids';
import { DEFAULT_DECODE_BOUNDS, decodeAtOnce, type ObjectHead } from './object-decoder';
import { streamDecoder } from './stream-decoder';

/** Encoded bytes handed to the decoder before what they gave is passed on. */
const STEP_BYTES = 16 * 1024;

/** Stored bytes do not decode to the object they are stored as: a fault of the hub, not of a peer. */
export class ObjectDamaged extends Error {
  constructor(
    readonly id: Id,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`object ${id} is damaged: ${why}`, options);
    this.name = 'ObjectDamaged';
  }
}

/**
 * Decodes one stored object whose bytes lie in memory, and hashes it again. For objects of at most
 * a few MiB: it works in this thread. Throws `ObjectDamaged`.
 */
export function decodeStored(object: ObjectHead, data: Uint8Array): Uint8Array {
  let decoded: Uint8Array;
  try {
    decoded = decodeAtOnce(object, data, DEFAULT_DECODE_BOUNDS.zstdMaxWindowBytes);
  } catch (error) {
    throw damagedBy(object, error);
  }
  checkRead(object, decoded.length, () => sha256(decoded));
  return decoded;
}

/**
 * Decodes one stored object as its bytes come, in bounded memory, and hashes it again. The last
 * piece is given only after the whole was found to be true; a damaged object throws `ObjectDamaged`
 * instead, so that no reader takes it for complete.
 */
export async function* decodeStoredStream(
  object: ObjectHead,
  stored: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let decoded = 0;
  let held: Uint8Array | null = null;
  for await (const chunk of decodedChunks(object, stored)) {
    decoded += chunk.length;
    if (decoded > object.size) checkRead(object, decoded, () => object.id);
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  checkRead(object, decoded, () => hash.digest('hex'));
  if (held) yield held;
}

async function* decodedChunks(
  object: ObjectHead,
  stored: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (object.encoding === 'raw') {
    yield* stored;
    return;
  }
  let ready: Uint8Array[] = [];
  const lent = object.encoding === 'zstd';
  const decoder = streamDecoder(
    object.encoding,
    (chunk) => {
      ready.push(lent ? Uint8Array.from(chunk) : chunk);
      return true;
    },
    DEFAULT_DECODE_BOUNDS.zstdMaxWindowBytes,
  );
  const drain = () => {
    const chunks = ready;
    ready = [];
    return chunks;
  };
  try {
    for await (const data of stored)
      for (let at = 0; at < data.length; at += STEP_BYTES) {
        await decoder.write(data.subarray(at, at + STEP_BYTES));
        yield* drain();
      }
    await decoder.finish();
    yield* drain();
  } catch (error) {
    throw damagedBy(object, error);
  } finally {
    decoder.destroy();
  }
}

const damagedBy = (object: ObjectHead, error: unknown): unknown =>
  error instanceof DecodeError
    ? new ObjectDamaged(object.id, error.message, { cause: error })
    : error;

function checkRead(object: ObjectHead, decodedBytes: number, hash: () => Id): void {
  if (decodedBytes !== object.size)
    throw new ObjectDamaged(object.id, `${decodedBytes} bytes instead of ${object.size}`);
  const found = hash();
  if (found !== object.id) throw new ObjectDamaged(object.id, `it hashes to ${found}`);
}
