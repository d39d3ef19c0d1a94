import type { Answers } from '~/server/api/root';
import { repoAddress } from './address';
import { VisibilityBadge } from './badge';
import { When } from './when';

type Repositories = Answers['repo']['explore']['repositories'];

export function RepositoryList({
  repositories,
  showOwner = true,
}: {
  repositories: Repositories;
  showOwner?: boolean;
}) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line" data-rows>
      {repositories.map((repo) => (
        <li className="px-4 py-3" key={repo.id}>
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <a className="link breakable font-semibold text-[0.9375rem]" href={repoAddress(repo)}>
              <bdi>{showOwner ? `${repo.owner}/${repo.slug}` : repo.slug}</bdi>
            </a>
            <VisibilityBadge visibility={repo.visibility} />
          </div>
          {repo.description && (
            <p className="breakable mt-0.5 max-w-prose text-muted">
              <bdi>{repo.description}</bdi>
            </p>
          )}
          <p className="mt-0.5 text-muted text-xs">
            Updated <When atMs={repo.updatedAtMs} />
            {repo.defaultBranch === null && ' · empty'}
          </p>
        </li>
      ))}
    </ul>
  );
}
