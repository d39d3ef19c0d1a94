import { ID_BYTES, type Id } from '~/muse/ids';
import { CommitFrontier, type GraphCommit, type LoadGraph } from './commit-frontier';

const WANTED = 1;
const HAD = 2;
/** Reached from a common base: common too, but not the nearest. */
const STALE = 4;

export interface WalkedCommit {
  id: Id;
  snapshotId: Id;
  parents: Id[];
}

/**
 * The commits that `want` reaches and `have` does not, parents before children.
 *
 * The walk goes downwards and ends as soon as everything that it has met is reached by `have`, so a
 * fetch of one new commit reads one commit, however long the history below is. What it found is
 * kept packed, some 130 bytes each, and given back in the opposite order.
 */
export async function* walkMissing(
  load: LoadGraph,
  want: Id[],
  have: Id[],
  depth: number | null,
  batchCommits: number,
): AsyncGenerator<WalkedCommit[]> {
  let wantedOnly = 0;
  const frontier = new CommitFrontier(load, (before, after) => {
    if (before === WANTED) wantedOnly--;
    if (after === WANTED) wantedOnly++;
  });
  await frontier.start([
    { ids: have, mark: HAD },
    { ids: want, mark: WANTED },
  ]);
  const found = new PackedCommits();
  while (wantedOnly > 0) {
    const step = await frontier.next();
    if (!step) break;
    const { commit, marks, distance } = step;
    if (marks === WANTED) found.push(commit);
    const deeper = depth === null || distance + 1 < depth;
    const passedOn = deeper ? marks : marks & HAD;
    if (passedOn) frontier.markParents(commit, passedOn, distance + 1);
  }
  yield* found.reversed(batchCommits);
}

/**
 * The commits that both sides reach and from which no other such commit descends, highest generation
 * first, at most `limit`. The walk ends when what one side still has ahead of it cannot meet the other.
 */
export async function nearestCommon(
  load: LoadGraph,
  want: Id[],
  have: Id[],
  limit: number,
): Promise<Id[]> {
  const ahead = { [WANTED]: 0, [HAD]: 0 };
  const count = (marks: number, by: number) => {
    if (marks & STALE) return;
    if (marks & WANTED) ahead[WANTED] += by;
    if (marks & HAD) ahead[HAD] += by;
  };
  const frontier = new CommitFrontier(load, (before, after) => {
    count(before, -1);
    count(after, +1);
  });
  await frontier.start([
    { ids: want, mark: WANTED },
    { ids: have, mark: HAD },
  ]);
  const bases: Id[] = [];
  while (bases.length < limit && ahead[WANTED] > 0 && ahead[HAD] > 0) {
    const step = await frontier.next();
    if (!step) break;
    const isBase = step.marks === (WANTED | HAD);
    if (isBase) bases.push(step.commit.id);
    frontier.markParents(step.commit, isBase ? step.marks | STALE : step.marks, 0);
  }
  return bases;
}

const CHUNK_BYTES = 64 * 1024;

/** Commits as bytes: parents, snapshot, id, and the number of parents last, to be read backwards. */
class PackedCommits {
  readonly #chunks: Buffer[] = [];
  readonly #filled: number[] = [];

  push({ id, snapshotId, parents }: GraphCommit): void {
    const bytes = (parents.length + 2) * ID_BYTES + 2;
    let chunk = this.#chunks.at(-1);
    let at = this.#filled.at(-1) ?? 0;
    if (!chunk || at + bytes > chunk.length) {
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
      at = 0;
      this.#chunks.push(chunk);
      this.#filled.push(0);
    }
    for (const written of [...parents, snapshotId, id]) {
      chunk.write(written, at, 'hex');
      at += ID_BYTES;
    }
    this.#filled[this.#filled.length - 1] = chunk.writeUInt16LE(parents.length, at);
  }

  /** The commits from the last pushed to the first, in batches; gives up what it has yielded. */
  *reversed(batchCommits: number): Generator<WalkedCommit[]> {
    let batch: WalkedCommit[] = [];
    for (let chunk = this.#chunks.pop(); chunk; chunk = this.#chunks.pop()) {
      let end = this.#filled.pop()!;
      while (end > 0) {
        const parentCount = chunk.readUInt16LE(end - 2);
        const start = end - 2 - (parentCount + 2) * ID_BYTES;
        const idAt = (n: number) =>
          chunk.toString('hex', start + n * ID_BYTES, start + (n + 1) * ID_BYTES);
        batch.push({
          id: idAt(parentCount + 1),
          snapshotId: idAt(parentCount),
          parents: Array.from({ length: parentCount }, (_, n) => idAt(n)),
        });
        end = start;
        if (batch.length >= batchCommits) {
          yield batch;
          batch = [];
        }
      }
    }
    if (batch.length > 0) yield batch;
  }
}
