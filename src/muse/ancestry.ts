import type { Id } from './ids';
import { type Problem, problem } from './problem';

/** Graphs of commits, as far as they are in memory. No recursion: a chain may be 50,000 long. */

/** What a walk needs of a commit. */
export interface Node {
  id: Id;
  parents: readonly Id[];
}

/**
 * Sorts commits so that parents come before their children; parents outside the graph do not count.
 * The order depends on the graph alone: among those that could come next, the one given first.
 *
 * @returns the nodes in order, or `commit-cycle` with one commit of it.
 */
export function sortTopologically<T extends Node>(graph: ReadonlyMap<Id, T>): T[] | Problem {
  const order: T[] = [];
  const state = new Map<Id, 'open' | 'done'>();
  for (const start of graph.values()) {
    const stack: { node: T; next: number }[] = [];
    const enter = (node: T): void => {
      state.set(node.id, 'open');
      stack.push({ node, next: 0 });
    };
    if (!state.has(start.id)) enter(start);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const parentId = top.node.parents[top.next++];
      if (parentId === undefined) {
        state.set(top.node.id, 'done');
        order.push(top.node);
        stack.pop();
        continue;
      }
      const parent = graph.get(parentId);
      if (!parent || state.get(parentId) === 'done') continue;
      if (state.get(parentId) === 'open') return problem('commit-cycle', { commit_id: parentId });
      enter(parent);
    }
  }
  return order;
}

/** What a head reaches in the graph, and the parents outside it that the reached commits name. */
export interface Reach {
  inside: Set<Id>;
  outside: Set<Id>;
}

/** Walks from a head through every parent. A head outside the graph reaches itself only. */
export function reachFrom(head: Id, graph: ReadonlyMap<Id, Node>): Reach {
  const inside = new Set<Id>();
  const outside = new Set<Id>();
  const waiting = [head];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const node = graph.get(id);
    if (!node) {
      outside.add(id);
    } else if (!inside.has(id)) {
      inside.add(id);
      waiting.push(...node.parents);
    }
  }
  return { inside, outside };
}

/**
 * The generation of each commit: 1 for a root, else 1 more than its highest parent. `sorted` has
 * parents first; `stored` gives the generations of parents outside.
 */
export function generationsOf(
  sorted: Iterable<Node>,
  stored: (id: Id) => number | undefined,
): Map<Id, number> {
  const generations = new Map<Id, number>();
  for (const { id, parents } of sorted) {
    let highest = 0;
    for (const parent of parents) {
      highest = Math.max(highest, generations.get(parent) ?? stored(parent) ?? 0);
    }
    generations.set(id, highest + 1);
  }
  return generations;
}
