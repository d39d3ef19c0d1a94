import type { Id } from '~/muse/ids';

/** A commit as a walk sees it. */
export interface GraphCommit {
  id: Id;
  generation: number;
  snapshotId: Id;
  parents: Id[];
}

/**
 * Reads these commits, and of what they reach the commits whose generation is at least the floor;
 * ids that are not stored are left out.
 */
export type LoadGraph = (ids: Id[], generationFloor: number) => Promise<GraphCommit[]>;

/** What a walk knows of a commit that it has met and not yet passed. */
interface Met {
  marks: number;
  /** Steps from the nearest starting point that has the first mark. */
  distance: number;
}

const WINDOW_FIRST = 16;
const WINDOW_MAX = 65_536;
const ROWS_WANTED = 2_000;
const ROWS_MAX = 8_000;

/**
 * Walks a commit graph downwards in the order of generations, highest first, so that a commit comes
 * only after every commit of the walk that descends from it: its marks are complete then.
 *
 *     met ──── loaded: in the heap, by generation
 *         └─── awaited: only named as a parent so far; its generation is below `#awaitedBelow`
 *
 * The heap's top may be passed while nothing awaited can be above it. Else the awaited commits are
 * loaded together with all they reach in a window of generations, which grows until a query brings
 * some thousand rows: a walk of n commits takes n/2,000 queries, and one of three takes two.
 *
 * In memory are the met commits and one window, not the history.
 */
export class CommitFrontier {
  readonly #met = new Map<Id, Met>();
  readonly #loaded = new Map<Id, GraphCommit>();
  readonly #heap = new GenerationHeap();
  readonly #awaited = new Set<Id>();
  #awaitedBelow = 0;
  #window = WINDOW_FIRST;

  /** `onMark` is told whenever the marks of a met commit change; from 0 when it is met. */
  constructor(
    private readonly load: LoadGraph,
    private readonly onMark: (before: number, after: number) => void,
  ) {}

  /** Begins at these commits; ids that are not stored are left out. */
  async start(groups: { ids: Id[]; mark: number }[]): Promise<void> {
    const ids = new Set(groups.flatMap((group) => group.ids));
    const commits = await this.load([...ids], Number.MAX_SAFE_INTEGER);
    for (const commit of commits) this.#loaded.set(commit.id, commit);
    for (const { ids: group, mark } of groups) {
      for (const id of group) {
        const commit = this.#loaded.get(id);
        if (commit) this.#meet(id, mark, 0, commit.generation + 1);
      }
    }
  }

  /** The next commit with its marks; null at the end of the history. */
  async next(): Promise<{ commit: GraphCommit; marks: number; distance: number } | null> {
    while (this.#awaited.size > 0 && this.#heap.topGeneration < this.#awaitedBelow) {
      await this.#loadAwaited();
    }
    const commit = this.#heap.pop();
    if (!commit) return null;
    const { marks, distance } = this.#met.get(commit.id)!;
    this.#met.delete(commit.id);
    this.#loaded.delete(commit.id);
    this.onMark(marks, 0);
    return { commit, marks, distance };
  }

  /** Marks the parents of a commit that was passed. */
  markParents(commit: GraphCommit, marks: number, distance: number): void {
    for (const parent of commit.parents) this.#meet(parent, marks, distance, commit.generation);
  }

  #meet(id: Id, marks: number, distance: number, below: number): void {
    const met = this.#met.get(id);
    if (met) {
      this.onMark(met.marks, met.marks | marks);
      met.marks |= marks;
      met.distance = Math.min(met.distance, distance);
      return;
    }
    this.onMark(0, marks);
    this.#met.set(id, { marks, distance });
    const commit = this.#loaded.get(id);
    if (commit) {
      this.#heap.push(commit);
    } else {
      this.#awaited.add(id);
      this.#awaitedBelow = Math.max(this.#awaitedBelow, below);
    }
  }

  async #loadAwaited(): Promise<void> {
    const floor = this.#awaitedBelow - this.#window;
    const ids = new Set(this.#awaited);
    // What waits in the heap inside the window will name its parents soon: they come along.
    for (const commit of this.#heap.above(floor)) {
      for (const parent of commit.parents) {
        if (!this.#met.has(parent) && !this.#loaded.has(parent)) ids.add(parent);
      }
    }
    const commits = await this.load([...ids], floor);
    for (const commit of commits) this.#loaded.set(commit.id, commit);
    for (const id of this.#awaited) {
      const commit = this.#loaded.get(id);
      if (!commit) throw new Error(`commit ${id} is named as a parent and is not stored`);
      this.#heap.push(commit);
    }
    this.#awaited.clear();
    this.#awaitedBelow = 0;
    if (commits.length < ROWS_WANTED) this.#window = Math.min(WINDOW_MAX, this.#window * 4);
    if (commits.length > ROWS_MAX) this.#window = Math.max(1, this.#window >> 1);
  }
}

/** A binary heap, highest generation on top. */
class GenerationHeap {
  readonly #items: GraphCommit[] = [];

  get topGeneration(): number {
    return this.#items[0]?.generation ?? 0;
  }

  /** The commits whose generation is above a bound, in no order. */
  above(generation: number): GraphCommit[] {
    return this.#items.filter((commit) => commit.generation > generation);
  }

  push(commit: GraphCommit): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (items[up]!.generation >= commit.generation) break;
      items[at] = items[up]!;
      at = up;
    }
    items[at] = commit;
  }

  pop(): GraphCommit | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && items[down + 1]!.generation > items[down]!.generation) down++;
      if (items[down]!.generation <= last.generation) break;
      items[at] = items[down]!;
      at = down;
    }
    items[at] = last;
    return top;
  }
}
