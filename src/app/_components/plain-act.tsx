import { type RepoName, repoAddress } from './address';
import { Button } from './button';

/** What the forms of a repository's pages can ask for where scripts are off. */
export type RepoAct =
  | 'tag.add'
  | 'tag.remove'
  | 'branch.delete'
  | 'branch.restore'
  | 'release.create'
  | 'release.update'
  | 'release.delete';

/** The same of the pages of one's own settings. */
export type AccountAct =
  | 'profile.name'
  | 'profile.password'
  | 'login.unlink'
  | 'session.end'
  | 'session.end-others'
  | 'token.revoke'
  | 'key.revoke'
  | 'agent.enable'
  | 'agent.disable';

/** Where the forms of a repository's pages are sent to. */
export const actAddress = (repo: RepoName): string => `${repoAddress(repo)}/act`;

/** Where those of one's own settings are sent to. */
export const ACCOUNT_ACTS = '/settings/act';

/** What an act is sent with, as hidden fields of a form. */
export function ActFields({
  act,
  fields,
}: {
  act: RepoAct | AccountAct;
  fields?: Record<string, string>;
}) {
  return Object.entries({ act, ...fields }).map(([name, value]) => (
    <input key={name} name={name} type="hidden" value={value} />
  ));
}

/** A button for what cannot be taken back, where scripts are off: it is opened, then pressed. */
export function PlainAct({
  to,
  act,
  fields,
  label,
  question,
}: {
  /** The address of the form. */
  to: string;
  act: RepoAct | AccountAct;
  fields?: Record<string, string>;
  label: string;
  question: string;
}) {
  return (
    <noscript>
      <details>
        <summary className="text-muted hover:text-ink">{label}</summary>
        <form action={to} className="mt-2" method="post">
          <ActFields act={act} fields={fields} />
          <Button>
            <span className="text-bad">{question}</span>
          </Button>
        </form>
      </details>
    </noscript>
  );
}
