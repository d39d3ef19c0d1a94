import type { Answers } from '~/server/api/root';
import { repoAddress } from '../../_components/address';
import { Badge, type Tone } from '../../_components/badge';
import { Person } from '../../_components/person';
import { When } from '../../_components/when';

type Row = Answers['admin']['audit']['list']['rows'][number];

const TONES: [RegExp, Tone][] = [
  [/failed|delete|revoke|remove|disable|deny/, 'bad'],
  [/create|approve|enable|sign-in/, 'good'],
];
const toneOf = (action: string): Tone | undefined =>
  TONES.find(([pattern]) => pattern.test(action))?.[1];

/** A value of an act's details, as text. */
const wordsOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(wordsOf).join(', ') : JSON.stringify(value);
};

/** One act of the log. */
export function AuditEntryRow({ row }: { row: Row }) {
  const { subject, repository } = row;
  const details = Object.entries(row.detail).filter(([, value]) => value !== null);
  const byTheHub = !row.actorName && row.client === 'musehub' && !row.address;
  return (
    <li className="space-y-1 px-4 py-2.5">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {row.actorName ? (
          <Person handle={row.actorName} kind={row.actorKind ?? undefined} />
        ) : (
          <span className="text-muted">{byTheHub ? 'the hub' : 'nobody signed in'}</span>
        )}
        <Badge tone={toneOf(row.action)}>{row.action}</Badge>
        <span className="breakable min-w-0">
          {repository ? (
            <a className="link" href={repoAddress(repository)}>
              <bdi>{subject.name}</bdi>
            </a>
          ) : (
            <bdi>{subject.name || subject.kind}</bdi>
          )}
        </span>
        <span className="ml-auto text-muted text-xs">
          <When atMs={row.atMs} focusable />
        </span>
      </p>
      {row.reason && (
        <p className="breakable max-w-prose">
          Reason: <bdi>{row.reason}</bdi>
        </p>
      )}
      <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
        {row.address && <bdi>{row.address}</bdi>}
        {row.client && <bdi>{row.client}</bdi>}
        {row.tokenId && (
          <span>
            token <bdi>{row.tokenName ?? row.tokenId}</bdi>
          </span>
        )}
        {details.map(([name, value]) => (
          <span key={name}>
            {name}: <bdi>{wordsOf(value)}</bdi>
          </span>
        ))}
      </p>
    </li>
  );
}
