import { createHash } from 'node:crypto';
import type { GetObjectCommandOutput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { BlobMissing } from '../ports/blob-store';
import { BadAnswer } from './s3-errors';

/** Bytes handed to the connection at a time; each is a sign of life. */
const SLICE_BYTES = 256 * 1024;
const MD5_ETAG = /^"?([0-9a-f]{32})"?$/;
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** What is put, with its checksums. */
export interface Digested {
  parts: Uint8Array[];
  bytes: number;
  /** Hex. */
  sha256: string;
  md5: Buffer;
}

export function digest(parts: Uint8Array[]): Digested {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let bytes = 0;
  for (const part of parts) {
    sha256.update(part);
    md5.update(part);
    bytes += part.byteLength;
  }
  return { parts, bytes, sha256: sha256.digest('hex'), md5: md5.digest() };
}

/** The bytes of the parts, without a copy, each slice reported when the connection asks for it. */
export function* slices(parts: Uint8Array[], moved: () => void): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; at += SLICE_BYTES) {
      moved();
      yield part.subarray(at, at + SLICE_BYTES);
    }
  }
}

/** Compares what the headers announce with what was asked for; throws `BlobMissing` or `BadAnswer`. */
export function checkRange(
  Key: string,
  { ContentRange, ContentLength }: GetObjectCommandOutput,
  offset: number,
  length: number,
): void {
  const range = CONTENT_RANGE.exec(ContentRange ?? '');
  const [from, total] = range ? [Number(range[1]), Number(range[3])] : [0, ContentLength ?? 0];
  if (total < offset + length) throw new BlobMissing(Key);
  const whole = !range && offset === 0 && ContentLength === length;
  if (!whole && (!range || from !== offset)) throw new BadAnswer(`${Key}: another range came`);
}

/** Whether an ETag is the MD5 of other bytes; false when it is none, as of encrypted objects. */
export function contradicts(
  { ETag, ServerSideEncryption }: Pick<PutObjectCommandOutput, 'ETag' | 'ServerSideEncryption'>,
  body: Digested,
): boolean {
  if (ServerSideEncryption?.startsWith('aws:kms')) return false; // looks like one and is not
  const md5 = MD5_ETAG.exec(ETag ?? '')?.[1];
  return md5 !== undefined && md5 !== body.md5.toString('hex');
}
