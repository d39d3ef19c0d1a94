import { randomBytes } from 'node:crypto';
import { bench, describe } from 'vitest';
import { isViolation } from '~/wire/errors';
import { decodePushFrame, encodePushFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { encodeValue } from '~/wire/msgpack-writer';
import { encodePack, encodeSnapshot } from '~/wire/pack-codec';

/** How fast bytes become frames: `npx vitest bench tests/1-codec`. MB/s = input size × hz. */

const CHUNK_BYTES = 64 * 1024;

function objectStream(): Buffer {
  const frames: Uint8Array[] = [];
  for (let i = 0; i < 4096; i++) {
    const id = i.toString(16).padStart(64, '0');
    frames.push(
      encodePushFrame(
        {
          type: 'O',
          id,
          size: 4096,
          encoding: 'raw',
          data: randomBytes(4096),
          path: `src/file-${i}.ts`,
        },
        'prefixed',
      ),
    );
  }
  return Buffer.concat(frames);
}

function packStream(sorted: boolean): Buffer {
  const snapshots: Uint8Array[] = [];
  for (let size = 0, n = 0; size < 31 * 1024 ** 2; n++) {
    const manifest: [string, string][] = [];
    for (let i = 0; i < 10_000; i++) {
      const at = sorted ? i : (i * 7919) % 10_000;
      const name = at.toString().padStart(6, '0');
      manifest.push([`src/folder-${name}/file.ts`, name.padStart(64, 'a')]);
    }
    const id = n.toString(16).padStart(64, '0');
    const record = encodeSnapshot(
      { id, manifest, extra: encodeValue({ created_at: 'now' }) },
      'prefixed',
    );
    snapshots.push(record);
    size += record.length;
  }
  return Buffer.from(encodePack({ commits: [], snapshots, snapshotDeltas: [] }));
}

function read(bytes: Buffer, decode: boolean): void {
  const scanner = new FrameScanner(DEFAULT_LIMITS);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    scanner.push(bytes.subarray(at, at + CHUNK_BYTES));
    for (let frame = scanner.next(); frame !== null; frame = scanner.next()) {
      if (!(frame instanceof Uint8Array)) throw new Error(frame.message);
      const value = decode ? decodePushFrame(frame, DEFAULT_LIMITS) : null;
      if (isViolation(value)) throw new Error(value.message);
    }
  }
  if (scanner.end() !== null) throw new Error('the stream is cut short');
}

const objects = objectStream();
const sortedPack = packStream(true);
const shuffledPack = packStream(false);

describe('16 MiB and more, in chunks of 64 KiB', () => {
  bench(`objects of 4 KiB, scanned: ${objects.length} bytes`, () => read(objects, false));
  bench(`objects of 4 KiB, scanned and decoded: ${objects.length} bytes`, () =>
    read(objects, true),
  );
  bench(`a pack of sorted manifests, scanned: ${sortedPack.length} bytes`, () =>
    read(sortedPack, false),
  );
  bench(`a pack of sorted manifests, scanned and decoded: ${sortedPack.length} bytes`, () =>
    read(sortedPack, true),
  );
  bench(`a pack of shuffled manifests, scanned: ${shuffledPack.length} bytes`, () =>
    read(shuffledPack, false),
  );
});
