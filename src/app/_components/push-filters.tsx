import { PUSH_KINDS, PUSH_STATES } from '~/server/services/push-filter';
import { pushesAddress, type RepoName } from './address';
import { FilterChoice, FilterDay, FilterForm, FilterText } from './filter-controls';

const ACTORS = [
  { value: 'human', words: 'humans' },
  { value: 'agent', words: 'agents' },
];

/** The words of a history's filter, as they stand in the address. */
export const PUSH_FILTER_NAMES = [
  ...['branch', 'actor', 'by', 'kind', 'outcome', 'from', 'to'],
] as const;

export type PushFilterWords = Record<string, string | null>;

/** Narrows the push history; the filter is in the address, and works without a script. */
export function PushFilters({
  repo,
  words,
  mayWrite,
}: {
  repo: RepoName;
  words: PushFilterWords;
  mayWrite: boolean;
}) {
  const { branch = null, actor = null, by = null, kind = null, outcome = null } = words;
  const { from = null, to = null } = words;
  return (
    <FilterForm
      action={pushesAddress(repo)}
      isFiltered={Object.values(words).some((word) => word !== null)}
    >
      <FilterText label="Branch" maxLength={255} name="branch" value={branch} />
      <FilterText label="Who" maxLength={40} name="actor" value={actor} />
      <FilterChoice
        any="Humans and agents"
        choices={ACTORS}
        label="Human or agent"
        name="by"
        value={by}
      />
      <FilterChoice any="Any kind" choices={PUSH_KINDS} label="Kind" name="kind" value={kind} />
      {mayWrite && (
        <FilterChoice
          any="Any outcome"
          choices={PUSH_STATES}
          label="Outcome"
          name="outcome"
          value={outcome}
        />
      )}
      <span className="flex flex-wrap items-center gap-x-2 gap-y-2">
        <FilterDay label="From day" name="from" value={from} />
        <span aria-hidden="true" className="text-muted">
          to
        </span>
        <FilterDay label="To day" name="to" value={to} />
      </span>
    </FilterForm>
  );
}
