import type { ReleaseChannel } from '~/muse/semver';
import type { ReleaseRow, ReleaseStore } from '~/server/ports/release-store';
import { Refusal } from '~/wire/errors';
import { releaseFields } from '~/wire/release-messages';
import type { OpenRepository } from './open-repository';
import { renderMarkdown } from './render-markdown';

/** Where a page of releases goes on. */
export interface ReleaseCursor {
  createdAtMs: number;
  id: string;
}

export interface AskedReleases {
  after: ReleaseCursor | null;
  channel: ReleaseChannel | null;
  /** Drafts too, for those who may write; nobody else is shown any. */
  drafts: boolean;
  limit: number;
}

interface ListDeps {
  releases: ReleaseStore;
}

/** A page of releases, last made first. */
export async function listReleases(
  repo: OpenRepository,
  asked: AskedReleases,
  { releases }: ListDeps,
): Promise<{ releases: ReleaseRow[]; next: ReleaseCursor | null }> {
  const { after, channel, limit } = asked;
  const drafts = asked.drafts && repo.mayWrite;
  const query = { after, channel, drafts, limit: limit + 1 };
  const rows = await releases.listReleases(repo.entry.id, query);
  const listed = rows.slice(0, limit);
  const last = listed.at(-1);
  const next = rows.length > limit && last ? { createdAtMs: last.createdAtMs, id: last.id } : null;
  return { releases: listed, next };
}

/** A release by its tag. Throws `Refusal` `object-not-found`, for a draft to those who only read. */
export async function findRelease(
  repo: OpenRepository,
  tag: string,
  { releases }: ListDeps,
): Promise<ReleaseRow> {
  const release = await releases.findRelease(repo.entry.id, tag);
  if (release && (!release.isDraft || repo.mayWrite)) return release;
  throw new Refusal('object-not-found', {}, 'There is no such release here.');
}

/** Releases of which one answer tells the records, and about how many characters these may have. */
const RECORDS_PER_ANSWER = 100;
const ANSWER_MAX_LENGTH = 16 * 1024 ** 2;
const RECORDS_AT_ONCE = 5;

/** Releases as clients read them: as many as one answer takes, and where it goes on. */
export async function releaseRecords(
  repo: OpenRepository,
  asked: Omit<AskedReleases, 'limit'>,
  deps: ListDeps,
): Promise<{ records: Record<string, unknown>[]; next: ReleaseCursor | null }> {
  const records: Record<string, unknown>[] = [];
  let next = asked.after;
  let length = 0;
  while (records.length < RECORDS_PER_ANSWER && length < ANSWER_MAX_LENGTH) {
    const query = { ...asked, after: next, limit: RECORDS_AT_ONCE };
    const page = await listReleases(repo, query, deps);
    for (const fields of await recordsOf(repo, page.releases, deps)) {
      records.push(fields);
      length += JSON.stringify(fields).length;
    }
    next = page.next;
    if (next === null) break;
  }
  return { records, next };
}

/** Each release with the rest of its record. */
export async function recordsOf(
  repo: OpenRepository,
  rows: ReleaseRow[],
  { releases }: ListDeps,
): Promise<Record<string, unknown>[]> {
  const { id: repoId, museRepoId, idFormat } = repo.entry;
  const ids = rows.map((row) => row.id);
  const records = await releases.loadReleaseRecords(repoId, ids);
  const context = { repoId: museRepoId || repoId, idFormat: idFormat ?? 'bare' };
  return rows.map((row) => releaseFields(row, records.get(row.id) ?? {}, context));
}

/** A release's notes as safe HTML; their links lead into the files of its commit. */
export function renderNotes(repo: OpenRepository, { body, commitId }: ReleaseRow): string {
  const { owner, slug } = repo.entry;
  const base = (room: string) =>
    `${[owner, slug, room, commitId].map((part) => `/${encodeURIComponent(part)}`).join('')}/`;
  return renderMarkdown(body, { linkBase: base('blob'), imageBase: base('raw'), folder: [] });
}
