import GitBranch from 'lucide-react/icons/git-branch';
import { commitsAddress, type RepoName } from './address';

/** A branch by its name, leading to its commits. */
export function BranchPill({ repo, name }: { repo: RepoName; name: string }) {
  return (
    <a
      className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-surface px-1.5 py-px font-mono text-xs leading-5 hover:border-control"
      href={commitsAddress(repo, { branch: name })}
    >
      <GitBranch aria-hidden="true" className="shrink-0 text-muted" size={12} />
      <bdi className="truncate">{name}</bdi>
    </a>
  );
}
