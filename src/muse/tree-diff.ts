import { compareNames, type EntrySpan, newSpan, readEntry } from './tree';

/**
 * Walks two encoded directories side by side and calls `visit` for each name of one kind that they
 * do not have alike: with both entries where the ids differ, else with the one there is. A file that
 * became a directory is two names. Costs a comparison of bytes for what is the same.
 *
 * Spans are used again: take from them what is needed before returning. Either directory may be
 * null, which counts as empty. The bytes must be those of stored trees; throws when one is cut off.
 */
export function diffDirectories(
  before: Buffer | null,
  after: Buffer | null,
  visit: (before: EntrySpan | null, after: EntrySpan | null) => void,
): void {
  const a = new Cursor(before);
  const b = new Cursor(after);
  while (a.open || b.open) {
    const order = compare(a, b);
    if (order < 0) visit(a.span, null);
    else if (order > 0) visit(null, b.span);
    else if (!sameId(a, b)) visit(a.span, b.span);
    if (order <= 0) a.step();
    if (order >= 0) b.step();
  }
}

class Cursor {
  readonly span = newSpan();
  readonly bytes: Buffer;
  open = true;

  constructor(bytes: Buffer | null) {
    this.bytes = bytes ?? NOTHING;
    // The entries begin behind the version.
    this.span.end = 1;
    this.step();
  }

  step(): void {
    const at = this.span.end;
    this.open = at < this.bytes.length;
    if (this.open) readEntry(this.bytes, at, this.span);
  }
}

const NOTHING = Buffer.alloc(0);

function compare(a: Cursor, b: Cursor): number {
  if (!a.open) return 1;
  if (!b.open) return -1;
  const x = a.span;
  const y = b.span;
  return compareNames(
    a.bytes,
    x.nameStart,
    x.nameEnd,
    x.kind,
    b.bytes,
    y.nameStart,
    y.nameEnd,
    y.kind,
  );
}

const sameId = (a: Cursor, b: Cursor): boolean =>
  a.bytes.compare(b.bytes, b.span.nameEnd, b.span.end, a.span.nameEnd, a.span.end) === 0;
