import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import { commitAddress, commitsAddress, type RepoName } from './address';
import { ButtonLink, ButtonOff } from './button';
import type { ShownCommit } from './commit-summary';

/** From a commit to its neighbours on the branch, and to all of them. */
export function CommitSteps({ repo, commit }: { repo: RepoName; commit: ShownCommit }) {
  const { position } = commit;
  if (!position) return null;
  const { branch, older, newer } = position;
  return (
    <nav
      aria-label="Commits of the branch"
      className="mt-5 flex flex-wrap items-center justify-between gap-2 border-line border-y py-2.5"
    >
      {older === null ? (
        <ButtonOff>
          <End word="Oldest" branch={branch} />
        </ButtonOff>
      ) : (
        <ButtonLink href={commitAddress(repo, older, branch)} rel="prev">
          <ChevronLeft aria-hidden="true" size={16} />
          Older
        </ButtonLink>
      )}
      <a className="link px-2" href={commitsAddress(repo, { branch })}>
        All commits
      </a>
      {newer === null ? (
        <ButtonOff>
          <End word="Latest" branch={branch} />
        </ButtonOff>
      ) : (
        <ButtonLink href={commitAddress(repo, newer, branch)} rel="next">
          Newer
          <ChevronRight aria-hidden="true" size={16} />
        </ButtonLink>
      )}
    </nav>
  );
}

function End({ word, branch }: { word: string; branch: string }) {
  return (
    <span>
      {word} on <bdi className="inline-block max-w-40 truncate align-bottom">{branch}</bdi>
    </span>
  );
}
