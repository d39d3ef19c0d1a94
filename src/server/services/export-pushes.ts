import { formatId, type Id } from '~/muse/ids';
import type { PushFilter } from '~/server/ports/browse-store';
import type { BrowseDeps } from './browse-deps';
import { listPushes, type PushCursor, type ShownPush } from './list-pushes';
import type { OpenRepository } from './open-repository';

export type ExportForm = 'jsonl' | 'csv';

/** Pushes that are read at a time, and so the most that an export holds in memory. */
const PAGE_PUSHES = 500;

type Cell = string | number | null;

const idText = (id: Id | null): Cell => (id === null ? null : formatId(id, 'prefixed'));
const timeText = (atMs: number | null): Cell =>
  atMs === null ? null : new Date(atMs).toISOString();
const phaseMs = (push: ShownPush, phase: string): Cell =>
  push.phases.find((shown) => shown.phase === phase)?.ms ?? null;

/** The columns of an export, in their order: what each push says under each name. */
const COLUMNS: Record<string, (push: ShownPush) => Cell> = {
  push_id: ({ id }) => id,
  seq: ({ seq }) => seq,
  outcome: ({ outcome }) => outcome,
  kind: ({ kind }) => kind,
  branch: ({ branch }) => branch,
  old_head: ({ oldHead }) => idText(oldHead),
  new_head: ({ newHead }) => idText(newHead),
  head: ({ head }) => idText(head),
  restored_seq: ({ restoredSeq }) => restoredSeq,
  actor: ({ actor }) => actor?.handle ?? null,
  actor_kind: ({ actor }) => actor?.kind ?? null,
  token: ({ tokenName }) => tokenName,
  client: ({ client }) => client,
  commits_new: ({ commitsNew }) => commitsNew,
  snapshots_new: ({ snapshotsNew }) => snapshotsNew,
  objects_new: ({ objectsNew }) => objectsNew,
  objects_reused: ({ objectsReused }) => objectsReused,
  bytes_received: ({ bytesReceived }) => bytesReceived,
  bytes_stored: ({ bytesStored }) => bytesStored,
  started_at: ({ startedAtMs }) => timeText(startedAtMs),
  finished_at: ({ finishedAtMs }) => timeText(finishedAtMs),
  duration_ms: ({ durationMs }) => durationMs,
  receiving_ms: (push) => phaseMs(push, 'receiving'),
  checking_ms: (push) => phaseMs(push, 'checking'),
  storing_ms: (push) => phaseMs(push, 'storing'),
  applying_ms: (push) => phaseMs(push, 'applying'),
  error_code: ({ errorCode }) => errorCode,
};

/**
 * The push history as this reader may see it, newest first, as lines of JSON or rows of CSV
 * (RFC 4180, with a header). It is read page by page as it is sent.
 */
export async function* exportPushes(
  repo: OpenRepository,
  filter: PushFilter,
  form: ExportForm,
  deps: Pick<BrowseDeps, 'browse'>,
): AsyncGenerator<Uint8Array> {
  if (form === 'csv') yield Buffer.from(csvRow(Object.keys(COLUMNS)));
  let before: PushCursor | null = null;
  do {
    const page: Awaited<ReturnType<typeof listPushes>> = await listPushes(
      repo,
      { ...filter, before, limit: PAGE_PUSHES },
      deps,
    );
    const lines = page.pushes.map((push) => {
      const cells = Object.entries(COLUMNS).map(([name, read]) => [name, read(push)] as const);
      return form === 'csv'
        ? csvRow(cells.map(([, cell]) => cell))
        : `${JSON.stringify(Object.fromEntries(cells))}\n`;
    });
    yield Buffer.from(lines.join(''));
    before = page.next;
  } while (before);
}

const csvRow = (cells: Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A cell of CSV. Branches, clients and tokens are named by users, so a text that a spreadsheet would
 * run as a formula gets an apostrophe before it.
 */
function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
