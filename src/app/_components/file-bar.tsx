import {
  branchesAddress,
  commitAddress,
  commitsAddress,
  findAddress,
  type RepoName,
  repoAddress,
} from './address';
import { BranchPicker } from './branch-picker';
import { DownloadMenu } from './download-links';
import { PathCrumbs } from './path-crumbs';
import { shortId } from './wording';

/** What stands above files: which branch, tag or commit they are of, and where they lie. */
export function FileBar({
  repo,
  room,
  refKind,
  refName,
  commitId,
  path,
}: {
  repo: RepoName;
  room: 'tree' | 'blob';
  refKind: 'branch' | 'tag' | 'commit';
  refName: string;
  commitId: string;
  path: string[];
}) {
  const isBranch = refKind === 'branch';
  const below = path.map((name) => `/${encodeURIComponent(name)}`).join('');
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <BranchPicker
        addressEnd={below}
        addressStart={`${repoAddress(repo)}/${room}/`}
        allAddress={branchesAddress(repo)}
        current={refKind === 'commit' ? shortId(refName) : refName}
        kind={refKind}
        owner={repo.owner}
        slug={repo.slug}
      />
      <PathCrumbs path={path} refName={refName} repo={repo} />
      <a
        className="ml-auto text-muted hover:text-ink"
        data-key="t"
        href={findAddress(repo, refName)}
      >
        Find a file
      </a>
      {room === 'tree' && <DownloadMenu at={refName} repo={repo} />}
      <a
        className="text-muted hover:text-ink"
        href={isBranch ? commitsAddress(repo, { branch: refName }) : commitAddress(repo, commitId)}
      >
        {isBranch ? 'History' : 'The commit'}
      </a>
    </div>
  );
}
