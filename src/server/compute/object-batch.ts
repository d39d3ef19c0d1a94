import { Buffer } from 'node:buffer';
import { ID_BYTES, type Id } from '~/muse/ids';
import { type DecodeBounds, decodeObject, type EncodedObject } from '~/muse/object-decoder';
import { isProblem, type Problem } from '~/muse/problem';

const ENCODINGS = ['raw', 'zlib', 'zstd'] as const;
/** Size and length, 4 bytes each, the encoding's number, the id. */
const HEAD_BYTES = 9 + ID_BYTES;

/** Objects one after the other in a buffer, which can move to another thread and back. */
export class ObjectBatch {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(readonly buffer: ArrayBuffer) {
    this.#bytes = Buffer.from(buffer);
  }

  /** Bytes that are in use. */
  get length(): number {
    return this.#length;
  }

  fits({ data }: EncodedObject): boolean {
    return this.#length + HEAD_BYTES + data.length <= this.#bytes.length;
  }

  /** Copies an object that `fits` to the end. */
  add({ id, size, encoding, data }: EncodedObject): void {
    const bytes = this.#bytes;
    let at = bytes.writeUInt32LE(size, this.#length);
    at = bytes.writeUInt32LE(data.length, at);
    at = bytes.writeUInt8(ENCODINGS.indexOf(encoding), at);
    at += bytes.write(id, at, ID_BYTES, 'hex');
    bytes.set(data, at);
    this.#length = at + data.length;
  }
}

/** The objects of the first `length` bytes of such a buffer; their data are views into it. */
export function* objectsOf(buffer: ArrayBuffer, length: number): Generator<EncodedObject> {
  const bytes = Buffer.from(buffer, 0, length);
  for (let at = 0; at < length; ) {
    const dataAt = at + HEAD_BYTES;
    const end = dataAt + bytes.readUInt32LE(at + 4);
    yield {
      size: bytes.readUInt32LE(at),
      encoding: ENCODINGS[bytes.readUInt8(at + 8)]!,
      id: bytes.toString('hex', at + 9, dataAt),
      data: bytes.subarray(dataAt, end),
    };
    at = end;
  }
}

export interface BatchFindings {
  /** Of the first bad object; those after it were not looked at. */
  problem: Problem | null;
  polyglots: [id: Id, formats: string][];
}

/** Checks objects, one after the other, up to the first that is not what it says. */
export function checkObjects(
  objects: Iterable<EncodedObject>,
  bounds: DecodeBounds,
): BatchFindings {
  const polyglots: BatchFindings['polyglots'] = [];
  for (const object of objects) {
    const checked = decodeObject(object, bounds);
    if (checked instanceof Promise) throw new RangeError(`object ${object.id} is too large`);
    if (isProblem(checked)) return { problem: checked, polyglots };
    if (checked.polyglot !== '') polyglots.push([checked.id, checked.polyglot]);
  }
  return { problem: null, polyglots };
}
