/**
 * A commit's `structured_delta`, made readable: which symbols of which files were added, changed,
 * removed or moved.
 *
 * The delta is free JSON from whoever wrote the commit, so nothing of it is trusted: every shape
 * gives a view, what is not understood is counted, and what is shown is bounded.
 */

export type DeltaChange = 'added' | 'changed' | 'removed' | 'moved' | 'other';

/** A file or symbol that changed, with what changed inside it. */
export interface DeltaEntry {
  change: DeltaChange;
  /** The path of a file, or the name of a symbol inside its parent. */
  name: string;
  /** One line from the commit's author; '' for none. */
  summary: string;
  children: DeltaEntry[];
}

export interface DeltaView {
  domain: string;
  summary: string;
  entries: DeltaEntry[];
  /** Over all levels. */
  counts: Record<DeltaChange, number>;
  /** Parts that are no operation, or lie beyond the bounds; they are in the raw record. */
  notShown: number;
}

const DELTA_MAX_ENTRIES = 2_000;
const DELTA_MAX_LEVELS = 8;
const DELTA_MAX_TEXT = 500;

const CHANGES: Record<string, DeltaChange> = {
  insert: 'added',
  add: 'added',
  create: 'added',
  delete: 'removed',
  remove: 'removed',
  replace: 'changed',
  patch: 'changed',
  mutate: 'changed',
  update: 'changed',
  modify: 'changed',
  move: 'moved',
  rename: 'moved',
};

type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.length > DELTA_MAX_TEXT ? `${value.slice(0, DELTA_MAX_TEXT)}…` : value;
}

/** Makes a view of any value; null when there is nothing in it to show. */
export function readStructuredDelta(value: unknown): DeltaView | null {
  if (!isMap(value) || Object.keys(value).length === 0) return null;
  const view: DeltaView = {
    domain: textOf(value.domain),
    summary: textOf(value.summary),
    entries: [],
    counts: { added: 0, changed: 0, removed: 0, moved: 0, other: 0 },
    notShown: 0,
  };
  view.entries = readOperations(value.ops, '', 1, view, { left: DELTA_MAX_ENTRIES });
  const empty = view.entries.length === 0 && view.notShown === 0;
  return empty && view.summary === '' ? null : view;
}

function readOperations(
  operations: unknown,
  parent: string,
  level: number,
  view: DeltaView,
  budget: { left: number },
): DeltaEntry[] {
  if (operations === undefined || operations === null) return [];
  if (!Array.isArray(operations)) {
    view.notShown++;
    return [];
  }
  const entries: DeltaEntry[] = [];
  for (const [index, operation] of operations.entries()) {
    if (budget.left === 0 || level > DELTA_MAX_LEVELS) {
      view.notShown += operations.length - index;
      break;
    }
    if (!isMap(operation) || typeof operation.op !== 'string') {
      view.notShown++;
      continue;
    }
    budget.left--;
    entries.push(readOperation(operation, parent, level, view, budget));
  }
  return entries;
}

function readOperation(
  operation: Json,
  parent: string,
  level: number,
  view: DeltaView,
  budget: { left: number },
): DeltaEntry {
  const change = Object.hasOwn(CHANGES, operation.op as string)
    ? CHANGES[operation.op as string]!
    : 'other';
  const address = textOf(operation.address);
  view.counts[change]++;
  return {
    change,
    name: nameInside(address, parent) || textOf(operation.op),
    summary: summaryOf(operation),
    children: readOperations(operation.child_ops, address, level + 1, view, budget),
  };
}

/** `src/a.py::greet` inside `src/a.py` is `greet`. */
function nameInside(address: string, parent: string): string {
  const prefix = `${parent}::`;
  return parent !== '' && address.startsWith(prefix) && address.length > prefix.length
    ? address.slice(prefix.length)
    : address;
}

function summaryOf(operation: Json): string {
  for (const key of ['child_summary', 'content_summary', 'new_summary', 'summary', 'old_summary']) {
    const text = textOf(operation[key]);
    if (text !== '') return text;
  }
  return typeof operation.from_address === 'string' ? `from ${textOf(operation.from_address)}` : '';
}
