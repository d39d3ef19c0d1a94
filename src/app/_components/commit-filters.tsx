import { commitsAddress, type RepoName } from './address';
import { FilterChoice, FilterForm, FilterText } from './filter-controls';

const TYPES = [
  ...['feat', 'fix', 'docs', 'style', 'refactor', 'perf', 'test', 'chore', 'build', 'ci', 'revert'],
];

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
    <FilterForm
      action={commitsAddress(repo)}
      isFiltered={isFiltered}
      unfiltered={commitsAddress(repo, { branch })}
    >
      <input name="branch" type="hidden" value={branch} />
      <FilterText
        autoCapitalize={undefined}
        label="Text in the message"
        maxLength={200}
        name="q"
        spellCheck={undefined}
        type="search"
        value={filter.text}
      />
      <FilterText label="Author" maxLength={200} name="author" value={filter.author} />
      <FilterText label="Agent" maxLength={200} name="agent" value={filter.agent} />
      <FilterChoice any="Any type" choices={TYPES} label="Type" name="type" value={filter.type} />
    </FilterForm>
  );
}
