import type { Id } from '~/muse/ids';
import { ClientError } from './client-error';
import type { LocalCommit } from './records';

/** Reads a commit; null when it is not here. */
export type ReadCommit = (id: Id) => LocalCommit | null;

export interface NewHistory {
  /** Commits that `head` reaches and `known` does not, parents before children. */
  commits: LocalCommit[];
  /** Commits on the other side that the new ones build on. */
  boundary: LocalCommit[];
}

/** Commits that are looked at after all seems found. */
const SLOP_STEPS = 16;

interface Node {
  record: LocalCommit;
  time: number;
  /** Reached from what the other side has. */
  known: boolean;
  walked: boolean;
}

/**
 * What of a history is new to a side that has the commits `known` (with all that they reach). Walks
 * from both ends at once, newest commits first, and stops as soon as nothing new can come: one more
 * commit on a long history costs a few reads. With clocks far off it may call a commit new that is
 * not, which costs bytes and harms nothing.
 *
 * @throws ClientError `repository-damaged` when a commit that the head reaches is missing here
 */
export function walkNewHistory(head: Id, known: Iterable<Id>, read: ReadCommit): NewHistory {
  const nodes = new Map<Id, Node>();
  const queue = new TimeQueue();
  let newInQueue = 0;

  const visit = (id: Id, isKnown: boolean): void => {
    const seen = nodes.get(id);
    if (seen !== undefined) {
      if (isKnown && !seen.known) markKnown(seen);
      return;
    }
    const record = read(id);
    if (record === null) {
      if (isKnown) return;
      throw new ClientError('repository-damaged', `The commit ${id} is missing here.`, {
        detail: { commit_id: id },
      });
    }
    const time = Date.parse(record.commit.committedAt);
    const node = { record, time: Number.isNaN(time) ? 0 : time, known: isKnown, walked: false };
    nodes.set(id, node);
    queue.add(node);
    if (!isKnown) newInQueue++;
  };

  const markKnown = (start: Node): void => {
    const open = [start];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.known) continue;
      node.known = true;
      if (!node.walked) newInQueue--;
      else {
        for (const parent of node.record.commit.parents) {
          const next = nodes.get(parent);
          if (next !== undefined && !next.known) open.push(next);
        }
      }
    }
  };

  for (const id of known) visit(id, true);
  visit(head, false);
  let oldestNew = Number.POSITIVE_INFINITY;
  let slop = SLOP_STEPS;
  while (queue.size > 0) {
    // What is known may still turn out to reach what was called new: for certain not when it is
    // older, but for clocks that are wrong, which is why a few more steps are taken.
    const settled = newInQueue === 0 && queue.first.time < oldestNew;
    if (settled && (oldestNew === Number.POSITIVE_INFINITY || slop-- === 0)) break;
    const node = queue.take();
    node.walked = true;
    if (!node.known) oldestNew = Math.min(oldestNew, node.time);
    if (!node.known) newInQueue--;
    for (const parent of node.record.commit.parents) visit(parent, node.known);
  }
  return order(head, nodes);
}

/** Puts the commits that are new in order, from the head through first parents first. */
function order(head: Id, nodes: Map<Id, Node>): NewHistory {
  const commits: LocalCommit[] = [];
  const boundary = new Map<Id, LocalCommit>();
  const done = new Set<Id>();
  const open: { node: Node; next: number }[] = [];
  const enter = (id: Id): void => {
    const node = nodes.get(id);
    if (node === undefined || done.has(id)) return;
    if (node.known) boundary.set(id, node.record);
    else {
      done.add(id);
      open.push({ node, next: 0 });
    }
  };
  enter(head);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const parent = top.node.record.commit.parents[top.next++];
    if (parent !== undefined) enter(parent);
    else {
      commits.push(top.node.record);
      open.pop();
    }
  }
  return { commits, boundary: [...boundary.values()] };
}

/** A heap: the newest first. */
class TimeQueue {
  readonly #heap: Node[] = [];

  add(node: Node): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(node);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]!.time >= node.time) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = node;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The newest; there must be one. */
  get first(): Node {
    return this.#heap[0]!;
  }

  /** Takes the newest; there must be one. */
  take(): Node {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.time > heap[below]!.time) below++;
      if (heap[below]!.time <= last.time) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
