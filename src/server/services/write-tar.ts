import { ARCHIVE_FILE_MODE, type ArchiveContents, exactParts } from './archive-file';

/**
 * A tar archive (POSIX.1-2001, "pax interchange format"), made while it is read. A path or size that
 * the old header has no room for stands in an extended header before it.
 */
export async function* writeTar({ files, timeMs }: ArchiveContents): AsyncGenerator<Uint8Array> {
  const seconds = Math.min(TIME_MAX_S, Math.max(0, Math.floor(timeMs / 1000)));
  for await (const file of files) {
    const { path, size } = file;
    const records = extendedRecords(path, size);
    if (records.length > 0) {
      yield header({ name: 'PaxHeader', type: 'x', size: records.length, seconds });
      yield records;
      yield padding(records.length);
    }
    yield header({ name: path, type: '0', size, seconds });
    yield* exactParts(file);
    yield padding(size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

const BLOCK = 512;
const NAME_BYTES = 100;
/** What eleven octal digits hold. */
const SIZE_MAX = 8 ** 11 - 1;
const TIME_MAX_S = SIZE_MAX;
const PLAIN_NAME = /^[\x20-\x7e]*$/;

const padding = (size: number): Uint8Array => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

function extendedRecords(path: string, size: number): Buffer {
  const plain = path.length <= NAME_BYTES && PLAIN_NAME.test(path);
  return Buffer.concat([
    ...(plain ? [] : [record('path', path)]),
    ...(size <= SIZE_MAX ? [] : [record('size', String(size))]),
  ]);
}

/** `length key=value\n`, where the length counts its own digits too. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length++;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function header(of: { name: string; type: string; size: number; seconds: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, bytes: number) =>
    block.write(value.toString(8).padStart(bytes - 1, '0'), at, 'latin1');
  // What does not fit here stands in the extended header, which readers prefer.
  Buffer.from(of.name).copy(block, 0, 0, NAME_BYTES);
  octal(ARCHIVE_FILE_MODE, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(of.size <= SIZE_MAX ? of.size : 0, 124, 12);
  octal(of.seconds, 136, 12);
  block.write(of.type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  // The sum is made with spaces in its own place.
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
