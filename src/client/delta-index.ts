import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Id, parseId } from '~/muse/ids';
import { errnoOf } from './client-error';

/** What changes from one snapshot to another, as a push sends it. */
export interface KnownDelta {
  add: [path: string, id: Id][];
  remove: string[];
  /** The record's other keys, as a msgpack map. */
  extra: Uint8Array;
}

/** Above this the index begins anew with what was found last. */
const INDEX_BYTES_MAX = 64 * 1024 ** 2;
/** Fewer differences than these are found again sooner than they are written down. */
const WORTH_KEEPING = 16;
/** First of each line; another one when the form of a line changes. */
const FORM = 1;

/**
 * Differences between snapshots that were found once, in a file of our own beside the store: a
 * folder holds the whole manifest of every snapshot, and reading a thousand of these again costs a
 * push seconds.
 *
 * It is never needed and never believed: an entry holds while the files of both snapshots have the
 * size and time that they had, and whoever receives the difference recomputes the snapshot's id.
 * One line for each, appended; a line that was cut off, or that nobody understands, is not there.
 */
export class DeltaIndex {
  readonly #file: string;
  readonly #stampOf: (snapshot: Id) => string | null;
  #lines: Map<string, string> | null = null;
  #fresh: string[] = [];
  /** Whether a difference was taken from the file. */
  used = false;

  /**
   * @param museFolder the folder `.muse`
   * @param stampOf what tells a snapshot's file from an earlier one of that name; null without one
   */
  constructor(museFolder: string, stampOf: (snapshot: Id) => string | null) {
    this.#file = path.join(museFolder, 'musehub', 'snapshot-deltas');
    this.#stampOf = stampOf;
  }

  find(id: Id, parentId: Id): KnownDelta | null {
    this.#lines ??= this.#load();
    const line = this.#lines.get(id + parentId);
    const delta = line === undefined ? null : parseLine(line, this.#stamps(id, parentId));
    if (delta !== null) this.used = true;
    return delta;
  }

  /** Keeps a difference for `save`. */
  note(id: Id, parentId: Id, { add, remove, extra }: KnownDelta): void {
    const stamps = this.#stamps(id, parentId);
    if (stamps === null) return;
    const rest = Buffer.from(extra).toString('base64');
    this.#fresh.push(`${JSON.stringify([FORM, id, parentId, stamps, add, remove, rest])}\n`);
  }

  /** Writes what was noted. An index that cannot be written is none; the push is not hindered. */
  save(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (fresh.length < WORTH_KEEPING) return;
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
      const text = fresh.join('');
      // A line feed first: the last line may have been cut off.
      if (size > 0 && size + text.length <= INDEX_BYTES_MAX)
        appendFileSync(this.#file, `\n${text}`);
      else if (text.length <= INDEX_BYTES_MAX) writeFileSync(this.#file, text);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** Removes all of it; it is filled again by what is found next. */
  forget(): void {
    this.#lines = new Map();
    this.used = false;
    rmSync(this.#file, { force: true });
  }

  #load(): Map<string, string> {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return new Map();
    }
    const lines = new Map<string, string>();
    for (const line of text.split('\n')) {
      const ids = KEY.exec(line);
      if (ids !== null) lines.set(ids[1]! + ids[2]!, line);
    }
    return lines;
  }

  #stamps(id: Id, parentId: Id): string | null {
    const own = this.#stampOf(id);
    const parent = this.#stampOf(parentId);
    return own === null || parent === null ? null : `${own} ${parent}`;
  }
}

const KEY = new RegExp(`^\\[${FORM},"([0-9a-f]{64})","([0-9a-f]{64})",`);

function parseLine(line: string, stamps: string | null): KnownDelta | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value[3] !== stamps) return null;
  const [, , , , add, remove, extra] = value as unknown[];
  const whole =
    Array.isArray(add) &&
    add.every((each) => Array.isArray(each) && typeof each[0] === 'string' && isBareId(each[1])) &&
    Array.isArray(remove) &&
    remove.every((each) => typeof each === 'string') &&
    typeof extra === 'string';
  return whole ? { add, remove, extra: Buffer.from(extra, 'base64') } : null;
}

function isBareId(value: unknown): boolean {
  return parseId(value)?.format === 'bare';
}
