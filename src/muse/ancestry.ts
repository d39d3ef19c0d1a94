import type { Id } from './ids';
import { type Problem, problem } from './problem';

/** A commit as a graph sees it. */
export interface GraphNode {
  id: Id;
  parents: readonly Id[];
}

/** The commits of one graph by id. Parents that are not in it lie beyond its boundary. */
export type Graph<Node extends GraphNode = GraphNode> = ReadonlyMap<Id, Node>;

/**
 * Sorts the commits of a graph so that every parent stands before its children. Commits that were
 * in such an order keep it.
 *
 * @returns the order, or `commit-cycle` with one commit of a cycle. Takes no stack: chains may be
 * of any length.
 */
export function topologicalOrder<Node extends GraphNode>(graph: Graph<Node>): Node[] | Problem {
  const order: Node[] = [];
  const done = new Set<Id>();
  const open = new Set<Id>();
  const path: { node: Node; next: number }[] = [];
  const enter = (node: Node) => {
    open.add(node.id);
    path.push({ node, next: 0 });
  };
  for (const start of graph.values()) {
    if (done.has(start.id)) continue;
    enter(start);
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const parentId = step.node.parents[step.next++];
      if (parentId === undefined) {
        path.pop();
        open.delete(step.node.id);
        done.add(step.node.id);
        order.push(step.node);
        continue;
      }
      if (done.has(parentId)) continue;
      if (open.has(parentId)) return problem('commit-cycle', { commit_id: parentId });
      const parent = graph.get(parentId);
      if (parent) enter(parent);
    }
  }
  return order;
}

/**
 * What a head reaches: the commits inside the graph, itself included, and the ids just beyond its
 * boundary (the head's own when it is not inside).
 */
export function reachableFrom(graph: Graph, head: Id): { inside: Set<Id>; boundary: Set<Id> } {
  const inside = new Set<Id>();
  const boundary = new Set<Id>();
  const waiting = [head];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (inside.has(id)) continue;
    const node = graph.get(id);
    if (!node) {
      boundary.add(id);
      continue;
    }
    inside.add(id);
    for (const parent of node.parents) waiting.push(parent);
  }
  return { inside, boundary };
}

/**
 * Generation numbers, 1 + the highest of the parents and 1 for a root, of commits in topological
 * order. `storedGeneration` gives those beyond the boundary.
 */
export function generationsOf(
  order: readonly GraphNode[],
  storedGeneration: (id: Id) => number,
): Map<Id, number> {
  const generations = new Map<Id, number>();
  for (const node of order) {
    let highest = 0;
    for (const parent of node.parents)
      highest = Math.max(highest, generations.get(parent) ?? storedGeneration(parent));
    generations.set(node.id, highest + 1);
  }
  return generations;
}

/** How many commits of a graph one head reaches and the other does not, both ways. */
export function aheadBehind(graph: Graph, head: Id, base: Id): { ahead: number; behind: number } {
  const ours = reachableFrom(graph, head).inside;
  const theirs = reachableFrom(graph, base).inside;
  const missing = (from: Set<Id>, other: Set<Id>) => {
    let count = 0;
    for (const id of from) if (!other.has(id)) count++;
    return count;
  };
  return { ahead: missing(ours, theirs), behind: missing(theirs, ours) };
}
