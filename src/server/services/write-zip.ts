import zlib from 'node:zlib';
import {
  ARCHIVE_FILE_MODE,
  type ArchiveContents,
  type ArchiveFile,
  exactParts,
} from './archive-file';
import { deflated } from './deflated';

/**
 * A ZIP archive (APPNOTE 6.3), made while it is read: sums and sizes follow each file, since they
 * are known only then. What has no room in 32 bits stands in fields of 64.
 *
 * Kept until the end is the directory, some tens of bytes and the path of each file.
 */
export async function* writeZip({ files, timeMs }: ArchiveContents): AsyncGenerator<Uint8Array> {
  const time = dosTime(timeMs);
  const directory: Buffer[] = [];
  let at = 0;
  for await (const file of files) {
    const entry = openEntry(file, time, at);
    const head = localHeader(entry);
    yield head;
    at += head.length;
    for await (const part of entryParts(file, entry)) {
      at += part.byteLength;
      yield part;
    }
    const tail = descriptor(entry);
    yield tail;
    at += tail.length;
    directory.push(directoryHeader(entry));
  }
  let bytes = 0;
  for (const record of directory) {
    bytes += record.length;
    yield record;
  }
  yield ending(directory.length, bytes, at);
}

const UINT16_MAX = 0xffff;
const UINT32_MAX = 0xffffffff;
/** A content this long may be longer than 32 bits tell when it does not get shorter. */
const LONG_FILE_BYTES = 0xff000000;
/** Sizes follow the data; names are UTF-8. */
const FLAGS = 0x0808;
const STORED = 0;
const DEFLATED = 8;
const VERSION = 20;
const VERSION_64 = 45;
/** Made on a Unix, so that the permissions are read. */
const MADE_BY = (3 << 8) | VERSION_64;
const REGULAR_FILE = 0o100000;

interface Entry {
  name: Buffer;
  method: number;
  /** Whether sizes after the data have 64 bits. */
  long: boolean;
  time: number;
  /** Where its header begins. */
  at: number;
  crc: number;
  size: number;
  /** As it is stored. */
  stored: number;
}

function openEntry({ path, size }: ArchiveFile, time: number, at: number): Entry {
  return {
    ...{ name: Buffer.from(path), method: size === 0 ? STORED : DEFLATED },
    ...{ long: size >= LONG_FILE_BYTES, time, at, crc: 0, size: 0, stored: 0 },
  };
}

async function* entryParts(file: ArchiveFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const content = summed(exactParts(file), entry);
  const parts = entry.method === STORED ? content : deflated(content, zlib.createDeflateRaw());
  for await (const part of parts) {
    entry.stored += part.byteLength;
    yield part;
  }
}

async function* summed(parts: AsyncIterable<Uint8Array>, entry: Entry) {
  for await (const part of parts) {
    entry.crc = zlib.crc32(part, entry.crc);
    entry.size += part.byteLength;
    yield part;
  }
}

function localHeader({ name, method, long, time }: Entry): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(long ? VERSION_64 : VERSION, 4);
  head.writeUInt16LE(FLAGS, 6);
  head.writeUInt16LE(method, 8);
  head.writeUInt32LE(time, 10);
  // A descriptor of 64 bits is announced by a field of them, with nothing in it yet.
  const extra = long ? longField([0, 0]) : Buffer.alloc(0);
  if (long) head.fill(0xff, 18, 26);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor({ crc, stored, size, long }: Entry): Buffer {
  const tail = Buffer.alloc(long ? 24 : 16);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(crc, 4);
  if (long) {
    tail.writeBigUInt64LE(BigInt(stored), 8);
    tail.writeBigUInt64LE(BigInt(size), 16);
  } else {
    tail.writeUInt32LE(stored, 8);
    tail.writeUInt32LE(size, 12);
  }
  return tail;
}

function directoryHeader({ name, method, long, time, at, crc, size, stored }: Entry): Buffer {
  const head = Buffer.alloc(46);
  const far = at >= UINT32_MAX;
  const extra =
    long || far ? longField([...(long ? [size, stored] : []), ...(far ? [at] : [])]) : null;
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(MADE_BY, 4);
  head.writeUInt16LE(extra ? VERSION_64 : VERSION, 6);
  head.writeUInt16LE(FLAGS, 8);
  head.writeUInt16LE(method, 10);
  head.writeUInt32LE(time, 12);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(long ? UINT32_MAX : stored, 20);
  head.writeUInt32LE(long ? UINT32_MAX : size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra?.length ?? 0, 30);
  head.writeUInt32LE(((REGULAR_FILE | ARCHIVE_FILE_MODE) << 16) >>> 0, 38);
  head.writeUInt32LE(far ? UINT32_MAX : at, 42);
  return Buffer.concat([head, name, ...(extra ? [extra] : [])]);
}

/** The extra field of what has no room in 32 bits. */
function longField(values: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries())
    field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}

/** `count` files, whose directory has `bytes` and begins at `at`. */
function ending(count: number, bytes: number, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, UINT16_MAX), 8);
  end.writeUInt16LE(Math.min(count, UINT16_MAX), 10);
  end.writeUInt32LE(Math.min(bytes, UINT32_MAX), 12);
  end.writeUInt32LE(Math.min(at, UINT32_MAX), 16);
  if (count < UINT16_MAX && bytes < UINT32_MAX && at < UINT32_MAX) return end;
  const long = Buffer.alloc(76);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(44n, 4);
  long.writeUInt16LE(MADE_BY, 12);
  long.writeUInt16LE(VERSION_64, 14);
  long.writeBigUInt64LE(BigInt(count), 24);
  long.writeBigUInt64LE(BigInt(count), 32);
  long.writeBigUInt64LE(BigInt(bytes), 40);
  long.writeBigUInt64LE(BigInt(at), 48);
  // Where the record above begins, for those who read from the end.
  long.writeUInt32LE(0x07064b50, 56);
  long.writeBigUInt64LE(BigInt(at + bytes), 64);
  long.writeUInt32LE(1, 72);
  return Buffer.concat([long, end]);
}

/** The time as MS-DOS has it, in UTC: of 1980 to 2107, two seconds exact. */
function dosTime(timeMs: number): number {
  const time = new Date(Math.min(Date.UTC(2107, 11, 31), Math.max(Date.UTC(1980, 0, 1), timeMs)));
  const date =
    ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}
