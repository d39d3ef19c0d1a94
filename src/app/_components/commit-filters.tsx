import { commitsAddress, type RepoName } from './address';
import { Button, ButtonLink } from './button';

const TYPES = [
  ...['feat', 'fix', 'docs', 'style', 'refactor', 'perf', 'test', 'chore', 'build', 'ci', 'revert'],
];
const CONTROL = 'min-h-8 min-w-0 rounded-md border border-control bg-canvas px-2 text-sm';

interface Filter {
  author: string | null;
  type: string | null;
  agent: string | null;
  text: string | null;
}

/** Narrows a list of commits; the filter is in the address, and works without a script. */
export function CommitFilters({
  repo,
  branch,
  filter,
  isFiltered,
}: {
  repo: RepoName;
  branch: string;
  filter: Filter;
  isFiltered: boolean;
}) {
  return (
    <search>
      <form action={commitsAddress(repo)} className="mb-4 flex flex-wrap gap-2">
        <input name="branch" type="hidden" value={branch} />
        <input
          aria-label="Text in the message"
          className={`${CONTROL} flex-1 basis-40`}
          defaultValue={filter.text ?? ''}
          maxLength={200}
          name="q"
          placeholder="Text in the message"
          type="search"
        />
        <input
          aria-label="Author"
          className={`${CONTROL} flex-1 basis-28`}
          defaultValue={filter.author ?? ''}
          maxLength={200}
          name="author"
          placeholder="Author"
        />
        <input
          aria-label="Agent"
          className={`${CONTROL} flex-1 basis-28`}
          defaultValue={filter.agent ?? ''}
          maxLength={200}
          name="agent"
          placeholder="Agent"
        />
        <select aria-label="Type" className={CONTROL} defaultValue={filter.type ?? ''} name="type">
          <option value="">Any type</option>
          {TYPES.map((type) => (
            <option key={type} value={type}>
              {type}
            </option>
          ))}
        </select>
        <Button>Filter</Button>
        {isFiltered && <ButtonLink href={commitsAddress(repo, { branch })}>Clear</ButtonLink>}
      </form>
    </search>
  );
}
