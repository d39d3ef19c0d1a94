import { commitAddress, pushAddress } from './address';
import { RestoreBranch } from './move-branch';
import { Actor, type Push } from './push-row';
import type { Repo } from './repo-shell';
import { When } from './when';
import { shortId } from './wording';

/** A branch that is not there any more, by the push that took it away. */
export function DeletedBranchRow({ repo, push }: { repo: Repo; push: Push }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-72">
        <bdi className="breakable font-medium font-mono text-[0.8125rem]">{push.branch}</bdi>
        {push.oldHead && (
          <p className="text-muted text-xs">
            was at{' '}
            <a className="link font-mono" href={commitAddress(repo, push.oldHead)}>
              {shortId(push.oldHead)}
            </a>
          </p>
        )}
      </div>
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 text-muted text-xs">
        <a className="link" href={pushAddress(repo, push.id)}>
          deleted <When atMs={push.startedAtMs} />
        </a>
        <span className="flex items-center gap-1.5">
          by <Actor push={push} />
        </span>
      </p>
      {repo.mayWrite && (
        <RestoreBranch
          branch={push.branch}
          expectedHead={null}
          pushId={push.id}
          repo={{ owner: repo.owner, slug: repo.slug }}
          to="before"
        />
      )}
    </li>
  );
}
