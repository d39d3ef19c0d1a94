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
  view.entries = gatherFiles(readOperations(value.ops, '', 1, view, { left: DELTA_MAX_ENTRIES }));
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
    children: gatherMembers(readOperations(operation.child_ops, address, level + 1, view, budget)),
  };
}

/** `src/a.py::greet` inside `src/a.py` is `greet`. */
function nameInside(address: string, parent: string): string {
  const prefix = `${parent}::`;
  return parent !== '' && address.startsWith(prefix) && address.length > prefix.length
    ? address.slice(prefix.length)
    : address;
}

/** Symbols that stand alone, `src/a.py::greet`, below their file: the entry there is, or one made for it. */
function gatherFiles(entries: DeltaEntry[]): DeltaEntry[] {
  const files = new Map(
    entries.filter(({ name }) => !name.includes('::')).map((entry) => [entry.name, entry]),
  );
  const gathered: DeltaEntry[] = [];
  for (const entry of entries) {
    const end = entry.name.indexOf('::');
    const symbol = entry.name.slice(end + 2);
    if (end <= 0 || symbol === '') {
      gathered.push(entry);
      continue;
    }
    const path = entry.name.slice(0, end);
    let file = files.get(path);
    if (!file) {
      file = { change: 'changed', name: path, summary: '', children: [] };
      files.set(path, file);
      gathered.push(file);
    }
    file.children.push({ ...entry, name: symbol });
  }
  for (const file of files.values()) file.children = gatherMembers(file.children);
  return gathered;
}

/** `Stream.push` below `Stream`, where that stands beside it; one level, however long the names. */
function gatherMembers(entries: DeltaEntry[]): DeltaEntry[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const ownerOf = ({ name }: DeltaEntry): DeltaEntry | undefined => {
    const dot = name.lastIndexOf('.');
    return dot > 0 && dot < name.length - 1 ? byName.get(name.slice(0, dot)) : undefined;
  };
  return entries.filter((entry) => {
    const owner = ownerOf(entry);
    if (!owner || ownerOf(owner)) return true;
    owner.children.push({ ...entry, name: entry.name.slice(owner.name.length + 1) });
    return false;
  });
}

function summaryOf(operation: Json): string {
  const fields = fieldChanges(operation.fields);
  if (fields !== '') return fields;
  for (const key of ['child_summary', 'content_summary', 'new_summary', 'summary', 'old_summary']) {
    const text = textOf(operation[key]);
    if (text !== '') return text;
  }
  if (typeof operation.from_address === 'string') return `from ${textOf(operation.from_address)}`;
  const { from_position: from, to_position: to } = operation;
  return typeof from === 'number' && typeof to === 'number' ? `from place ${from} to ${to}` : '';
}

const FIELDS_SHOWN = 6;

/** `velocity: 60 → 80`, of a mutation; '' for none. */
function fieldChanges(fields: unknown): string {
  if (!isMap(fields)) return '';
  const changes = Object.entries(fields).flatMap(([name, change]) =>
    isMap(change) && 'old' in change && 'new' in change
      ? [`${textOf(name)}: ${plainOf(change.old)} → ${plainOf(change.new)}`]
      : [],
  );
  const more = changes.length > FIELDS_SHOWN ? ', …' : '';
  return textOf(changes.slice(0, FIELDS_SHOWN).join(', ') + more);
}

/** A value in few words. */
function plainOf(value: unknown): string {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null || value === undefined ? 'none' : '…';
}
