import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DeflateRaw, Gzip } from 'node:zlib';

/**
 * The parts, through a compressor of node:zlib; what they throw comes out. Reading slowly slows the
 * parts, and ending early ends them.
 */
export async function* deflated(
  parts: AsyncIterable<Uint8Array>,
  compressor: DeflateRaw | Gzip,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(parts, { highWaterMark: 1 });
  const flow = pipeline(source, compressor);
  // What stops the flow stops the compressor too, whose reader below throws it.
  flow.catch(() => undefined);
  yield* compressor as AsyncIterable<Uint8Array>;
  await flow;
}
