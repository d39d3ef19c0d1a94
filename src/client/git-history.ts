import { checkBranchName } from '~/muse/branch-name';
import { ClientError } from './client-error';
import { git } from './git-objects';

/** Which commits of a git repository are imported, and how they hang together. */
export interface GitHistory {
  /** Heads of the branches that can have their name here. */
  heads: Map<string, string>;
  /** The branch that HEAD is on, if it is imported. */
  defaultBranch: string;
  /** Parents before children. */
  commits: { id: string; parents: string[] }[];
  /** Branches whose name is not allowed here, with the reason. */
  skippedBranches: { name: string; reason: string }[];
  tags: string[];
  /** Whether the repository holds only the last part of its history. */
  shallow: boolean;
}

const FIELDS = '%(refname)%00%(objectname)%00%(objecttype)';
const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';

/** Reads branches, tags and the graph of commits; throws `bad-git-repository`. */
export async function readGitHistory(folder: string): Promise<GitHistory> {
  const refs = await git(folder, ['for-each-ref', `--format=${FIELDS}`, HEADS, TAGS]);
  const history: GitHistory = {
    heads: new Map(),
    defaultBranch: '',
    commits: [],
    skippedBranches: [],
    tags: [],
    shallow:
      (await git(folder, ['rev-parse', '--is-shallow-repository'])).toString().trim() === 'true',
  };
  for (const line of lines(refs)) {
    const [name = '', id = '', type = ''] = split(line).map((part) => part.toString('utf8'));
    if (name.startsWith(TAGS)) history.tags.push(name.slice(TAGS.length));
    else if (type === 'commit') addBranch(history, name.slice(HEADS.length), id, line);
  }
  await addHead(folder, history);
  if (history.heads.size === 0) {
    throw new ClientError('bad-git-repository', `${folder} has no branch with a commit.`, {
      fix: 'Commit something, or fetch the branches first.',
    });
  }
  const heads = [...new Set(history.heads.values())];
  const graph = await git(folder, ['rev-list', '--topo-order', '--reverse', '--parents', ...heads]);
  for (const line of graph.toString('latin1').split('\n')) {
    if (line === '') continue;
    const [id = '', ...parents] = line.split(' ');
    history.commits.push({ id, parents });
  }
  return history;
}

function addBranch(history: GitHistory, name: string, id: string, line: Buffer): void {
  const reason = name.includes('\ufffd') && !isUtf8(line) ? 'is not UTF-8' : checkBranchName(name);
  if (reason === null) history.heads.set(name, id);
  else history.skippedBranches.push({ name, reason });
}

/** The branch of HEAD; a commit that only a detached HEAD reaches gets a branch of its own. */
async function addHead(folder: string, history: GitHistory): Promise<void> {
  const [first] = history.heads.keys();
  const current = await git(folder, ['symbolic-ref', '-q', 'HEAD'])
    .then((out) => out.toString('utf8').trim().slice(HEADS.length))
    .catch(() => null);
  const usual = ['main', 'master'].find((name) => history.heads.has(name));
  history.defaultBranch = usual ?? first ?? 'main';
  if (current !== null) {
    if (history.heads.has(current)) history.defaultBranch = current;
    return;
  }
  const head = await git(folder, ['rev-parse', '-q', '--verify', 'HEAD^{commit}'])
    .then((out) => out.toString('latin1').trim())
    .catch(() => null);
  if (head === null || history.heads.size > 0) return;
  history.defaultBranch = await originBranch(folder);
  history.heads.set(history.defaultBranch, head);
}

/** What the branch of a clone with a detached HEAD and no branches was called where it came from. */
async function originBranch(folder: string): Promise<string> {
  const prefix = 'refs/remotes/origin/';
  const name = await git(folder, ['symbolic-ref', '-q', `${prefix}HEAD`])
    .then((out) => out.toString('utf8').trim().slice(prefix.length))
    .catch(() => 'main');
  return checkBranchName(name) === null ? name : 'main';
}

function* lines(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(0x0a, at);
    const end = found === -1 ? bytes.length : found;
    yield bytes.subarray(at, end);
    at = end + 1;
  }
}

function split(line: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (let end = line.indexOf(0); end !== -1; end = line.indexOf(0, at)) {
    parts.push(line.subarray(at, end));
    at = end + 1;
  }
  parts.push(line.subarray(at));
  return parts;
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}
