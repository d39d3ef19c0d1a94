import Shield from 'lucide-react/icons/shield';
import type { Answers } from '~/server/api/root';
import { commitAddress, commitsAddress, comparisonAddress, pushAddress } from './address';
import { Badge } from './badge';
import { subjectOf } from './commit-row';
import { CopyButton } from './copy-button';
import { DeleteBranch } from './move-branch';
import { Person } from './person';
import type { Repo } from './repo-shell';
import { RuleWords } from './rule-words';
import { When } from './when';
import { count, shortId } from './wording';

type Branch = Answers['branch']['list']['branches'][number];

/** A branch of the list: where it is, who moved it last, how far it is from the default. */
export function BranchRow({ repo, branch }: { repo: Repo; branch: Branch }) {
  const { name, head, push } = branch;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex min-w-0 flex-wrap items-center gap-1.5">
          <a
            className="link breakable min-w-0 font-medium font-mono text-[0.8125rem]"
            href={commitsAddress(repo, { branch: name })}
          >
            <bdi>{name}</bdi>
          </a>
          {branch.isDefault && <Badge tone="accent">default</Badge>}
          <CopyButton label={`the name of ${name}`} text={name} />
          {branch.rules.length > 0 && <Protected rules={branch.rules} />}
        </div>
        <p className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
          <a
            className="min-w-0 max-w-full truncate leading-6 hover:text-accent"
            href={commitAddress(repo, head.id, name)}
          >
            <span className="font-mono">{shortId(head.id)}</span>{' '}
            <bdi>{subjectOf(head.message)}</bdi>
          </a>
        </p>
      </div>
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 text-muted text-xs">
        <span>
          Pushed{' '}
          {push ? (
            <a className="link" href={pushAddress(repo, push.id)}>
              <When atMs={branch.updatedAtMs} />
            </a>
          ) : (
            <When atMs={branch.updatedAtMs} />
          )}
        </span>
        {push?.actor && (
          <span className="flex items-center gap-1.5">
            by <Person handle={push.actor.handle} kind={push.actor.kind} />
          </span>
        )}
      </p>
      <p className="w-44 text-right text-muted text-xs max-sm:w-full max-sm:text-left">
        {branch.isDefault ? null : <Apart branch={branch} repo={repo} />}
      </p>
      {repo.mayWrite && (
        <div className="sm:min-w-20">
          {branch.mayDelete && (
            <DeleteBranch
              branch={name}
              head={head.id}
              repo={{ owner: repo.owner, slug: repo.slug }}
            />
          )}
        </div>
      )}
    </li>
  );
}

/** The mark of a branch that rules speak about, with their words when it is opened. */
function Protected({ rules }: { rules: Branch['rules'] }) {
  return (
    <details className="group min-w-0 open:basis-full">
      <summary className="inline-flex cursor-pointer items-center gap-1 rounded-md border border-line bg-surface px-1.5 font-medium text-muted text-xs leading-5">
        <Shield aria-hidden="true" size={12} />
        protected
      </summary>
      <ul className="mt-1 mb-1 space-y-1">
        {rules.map((rule) => (
          <li className="flex flex-wrap items-center gap-1.5" key={rule.pattern}>
            <code className="breakable font-mono text-xs">
              <bdi>{rule.pattern}</bdi>
            </code>
            <RuleWords rule={rule} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** How far a branch and the default are apart. */
function Apart({ branch, repo }: { branch: Branch; repo: Repo }) {
  const more = branch.bounded ? '+' : '';
  const base = repo.defaultBranch ?? '';
  return (
    <a
      className="leading-6 hover:underline"
      href={comparisonAddress(repo, { base, head: branch.name })}
      title={`Compare with ${base}`}
    >
      <span className={branch.ahead > 0 ? 'text-good' : undefined}>
        {count(branch.ahead)}
        {more} ahead
      </span>
      {' · '}
      <span className={branch.behind > 0 ? 'text-warn' : undefined}>
        {count(branch.behind)}
        {more} behind
      </span>
    </a>
  );
}
