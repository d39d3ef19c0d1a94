/** Addresses of pages. Names are encoded here and nowhere else. */

const path = (...segments: string[]): string =>
  segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');

/** Ids keep their colon, so that an address can be read and copied. */
const idSegment = (id: string): string => `/${encodeURIComponent(id).replace('%3A', ':')}`;

const query = (values: Record<string, string | number | null | undefined>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search}`;
};

export interface RepoName {
  owner: string;
  slug: string;
}

/** A place in a repository's files: a branch or commit, and the path below it. */
export interface TreePlace {
  ref: string;
  path: string[];
}

export const ownerAddress = (handle: string): string => path(handle);

export const repoAddress = ({ owner, slug }: RepoName): string => path(owner, slug);

/** `room` is `tree`, `blob` or `raw`. */
export const fileAddress = (
  repo: RepoName,
  room: 'tree' | 'blob' | 'raw',
  place: TreePlace,
): string => {
  return `${repoAddress(repo)}/${room}${refSegments(place.ref)}${path(...place.path)}`;
};

const refSegments = (ref: string): string =>
  ref.startsWith('sha256:') ? idSegment(ref) : path(...ref.split('/'));

/** Where the files of a branch, tag or commit are found by their names. */
export const findAddress = (repo: RepoName, ref: string): string =>
  `${repoAddress(repo)}/find${refSegments(ref)}`;

/** All files of a branch, tag or commit in one file. */
export const archiveAddress = (repo: RepoName, ref: string, form: 'zip' | 'tar.gz'): string =>
  `${repoAddress(repo)}/archive${refSegments(ref)}.${form}`;

/** The paths of a ref's files, as JSON. */
export const pathsAddress = (repo: RepoName, ref: string): string =>
  `${repoAddress(repo)}/paths${refSegments(ref)}`;

export const searchAddress = (
  values: Record<string, string | number | null | undefined> = {},
): string => `/search${query(values)}`;

export const commitsAddress = (
  repo: RepoName,
  values: Record<string, string | null | undefined> = {},
): string => `${repoAddress(repo)}/commits${query(values)}`;

export const commitAddress = (repo: RepoName, id: string, branch?: string | null): string =>
  `${repoAddress(repo)}/commits${idSegment(id)}${query({ branch })}`;

export const diffAddress = (
  repo: RepoName,
  id: string,
  values: Record<string, string | number | null | undefined> = {},
): string => `${repoAddress(repo)}/commits${idSegment(id)}/diff${query(values)}`;

/** Where two refs are chosen for a comparison. */
export const compareAddress = (repo: RepoName): string => `${repoAddress(repo)}/compare`;

/** A comparison: since the two parted, or as they are. Either side may be left open, as ''. */
export const comparisonAddress = (
  repo: RepoName,
  { base, head, direct = false }: { base: string; head: string; direct?: boolean },
  values: Record<string, string | null | undefined> = {},
): string => {
  const dots = direct ? '..' : '...';
  const end = head === '' ? '' : refSegments(head).slice(1);
  const start = base === '' ? '' : refSegments(base).slice(1);
  return `${compareAddress(repo)}/${start}${dots}${end}${query(values)}`;
};

export const branchesAddress = (
  repo: RepoName,
  values: Record<string, string | null | undefined> = {},
): string => `${repoAddress(repo)}/branches${query(values)}`;

export const tagsAddress = (
  repo: RepoName,
  values: Record<string, string | null | undefined> = {},
): string => `${repoAddress(repo)}/tags${query(values)}`;

export const releasesAddress = (
  repo: RepoName,
  values: Record<string, string | null | undefined> = {},
): string => `${repoAddress(repo)}/releases${query(values)}`;

export const releaseAddress = (repo: RepoName, tag: string): string =>
  `${repoAddress(repo)}/releases${path(tag)}`;

export const pushesAddress = (
  repo: RepoName,
  values: Record<string, string | number | null | undefined> = {},
): string => `${repoAddress(repo)}/pushes${query(values)}`;

/** The page of a push for a browser; a program that asks gets the outcome as data. */
export const pushAddress = (
  repo: RepoName,
  id: string,
  values: Record<string, string | number | null | undefined> = {},
): string => `${repoAddress(repo)}/pushes${path(id)}${query(values)}`;

export const pushExportAddress = (
  repo: RepoName,
  values: Record<string, string | number | null | undefined>,
): string => `${repoAddress(repo)}/pushes/export${query(values)}`;

/** What a code of the hub means and what to do about it. */
export const errorAddress = (code: string): string => `/errors#${encodeURIComponent(code)}`;

export const settingsAddress = (repo: RepoName): string => `${repoAddress(repo)}/settings`;

/** A page of the admin area. `/admin` alone is the page of the account of this name. */
export const adminAddress = (
  page: string,
  values: Record<string, string | number | null | undefined> = {},
): string => `/admin/${page}${query(values)}`;

export const auditExportAddress = (
  values: Record<string, string | number | null | undefined> = {},
): string => `/api/admin/audit.jsonl${query(values)}`;

/** What a page's address says between its slashes, as text; null when an escape is malformed. */
export function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
