import { ARRAY, BIN, FLOAT, MAP, MsgpackReader, STR } from './msgpack-reader';

/**
 * Whether two msgpack values are equal, whatever widths their numbers and lengths are written in and
 * in whatever order their maps name the keys. An integer and a float are never equal, nor are nil
 * and an empty text: who reads the record sees the difference.
 */
export function equalValues(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0 || equal(new MsgpackReader(a), new MsgpackReader(b));
}

function equal(a: MsgpackReader, b: MsgpackReader): boolean {
  a.head();
  b.head();
  if (a.kind !== b.kind || a.size !== b.size) return false;
  switch (a.kind) {
    case STR:
    case BIN:
      return Buffer.compare(a.binary(), b.binary()) === 0;
    case ARRAY: {
      let left = a.size;
      while (left > 0 && equal(a, b)) left--;
      return left === 0;
    }
    case MAP:
      return equalMaps(a, b);
    case FLOAT:
      return Object.is(a.value, b.value);
    default:
      return a.value === b.value;
  }
}

function equalMaps(a: MsgpackReader, b: MsgpackReader): boolean {
  const entries = a.size;
  const valuesOfB = new Map<string, number>();
  for (let left = entries; left > 0; left--) {
    b.head();
    valuesOfB.set(b.text(), b.pos);
    b.skip();
  }
  const end = b.pos;
  for (let left = entries; left > 0; left--) {
    a.head();
    const value = valuesOfB.get(a.text());
    if (value === undefined) return false;
    b.pos = value;
    if (!equal(a, b)) return false;
  }
  b.pos = end;
  return true;
}
