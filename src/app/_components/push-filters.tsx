import { PUSH_KINDS, PUSH_STATES } from '~/server/services/push-filter';
import { pushesAddress, type RepoName } from './address';
import { Button, ButtonLink } from './button';

const CONTROL = 'min-h-8 min-w-0 rounded-md border border-control bg-canvas px-2 text-sm';

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
  const isFiltered = Object.values(words).some((word) => word !== null);
  return (
    <search>
      <form action={pushesAddress(repo)} className="mb-4 flex flex-wrap items-center gap-2">
        <input
          aria-label="Branch"
          className={`${CONTROL} flex-1 basis-36`}
          defaultValue={words.branch ?? ''}
          maxLength={255}
          name="branch"
          placeholder="Branch"
          spellCheck={false}
        />
        <input
          aria-label="Who"
          autoCapitalize="none"
          className={`${CONTROL} flex-1 basis-28`}
          defaultValue={words.actor ?? ''}
          maxLength={40}
          name="actor"
          placeholder="Who"
          spellCheck={false}
        />
        <Select label="Human or agent" name="by" value={words.by}>
          <option value="">Humans and agents</option>
          <option value="human">humans</option>
          <option value="agent">agents</option>
        </Select>
        <Select label="Kind" name="kind" value={words.kind}>
          <option value="">Any kind</option>
          {PUSH_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </Select>
        {mayWrite && (
          <Select label="Outcome" name="outcome" value={words.outcome}>
            <option value="">Any outcome</option>
            {PUSH_STATES.map((state) => (
              <option key={state} value={state}>
                {state}
              </option>
            ))}
          </Select>
        )}
        <span className="flex flex-wrap items-center gap-x-2 gap-y-2">
          <Day label="From day" name="from" value={words.from} />
          <span aria-hidden="true" className="text-muted">
            to
          </span>
          <Day label="To day" name="to" value={words.to} />
        </span>
        <Button>Filter</Button>
        {isFiltered && <ButtonLink href={pushesAddress(repo)}>Clear</ButtonLink>}
      </form>
    </search>
  );
}

function Select({
  label,
  name,
  value,
  children,
}: {
  label: string;
  name: string;
  value: string | null | undefined;
  children: React.ReactNode;
}) {
  return (
    <select aria-label={label} className={CONTROL} defaultValue={value ?? ''} name={name}>
      {children}
    </select>
  );
}

const Day = ({ label, name, value }: { label: string; name: string; value?: string | null }) => (
  <input
    aria-label={label}
    className={CONTROL}
    defaultValue={value ?? ''}
    name={name}
    title="UTC"
    type="date"
  />
);
