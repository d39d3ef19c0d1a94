import type { DeltaEntry } from '~/muse/structured-delta';
import type { Answers } from '~/server/api/root';
import { Badge, type Tone } from './badge';
import { Card } from './card';
import { counted } from './wording';

type Delta = NonNullable<Answers['commit']['get']['delta']>;

const CHANGES: Record<DeltaEntry['change'], { tone: Tone; sign: string; word: string }> = {
  added: { tone: 'good', sign: '+', word: 'added' },
  changed: { tone: 'accent', sign: '~', word: 'changed' },
  removed: { tone: 'bad', sign: '−', word: 'removed' },
  moved: { tone: 'warn', sign: '→', word: 'moved' },
  other: { tone: 'neutral', sign: '·', word: 'touched' },
};

/** How many entries of one level stand open; the others are a click away. */
const OPEN_MAX = 40;

/** What a commit says it did to symbols, by file. */
export function DeltaCard({ delta }: { delta: Delta }) {
  return (
    <Card
      aside={delta.domain && <Badge title="domain of the delta">{delta.domain}</Badge>}
      title="Structured delta"
    >
      <div className="px-4 py-3">
        {delta.summary && (
          <p className="breakable mb-2 text-muted">
            <bdi>{delta.summary}</bdi>
          </p>
        )}
        <Entries entries={delta.entries} />
        {delta.notShown > 0 && (
          <p className="mt-2 text-muted text-xs">
            {counted(delta.notShown, 'more part')} of it not shown here; see the raw record.
          </p>
        )}
      </div>
    </Card>
  );
}

function Entries({ entries }: { entries: DeltaEntry[] }) {
  if (entries.length === 0) return null;
  const rest = entries.slice(OPEN_MAX);
  return (
    <>
      <EntryList entries={entries.slice(0, OPEN_MAX)} />
      {rest.length > 0 && (
        <details>
          <summary className="link py-1">{counted(rest.length, 'more')}</summary>
          <EntryList entries={rest} />
        </details>
      )}
    </>
  );
}

function EntryList({ entries }: { entries: DeltaEntry[] }) {
  return (
    <ul>
      {entries.map((entry, index) => {
        const { tone, sign, word } = CHANGES[entry.change];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat, and nothing moves
          <li className="py-0.5" key={index}>
            <div className="flex items-start gap-2">
              <Badge tone={tone}>
                <span aria-hidden="true" className="w-2 text-center">
                  {sign}
                </span>
                <span className="sr-only">{word}</span>
              </Badge>
              <div className="breakable min-w-0">
                <bdi className="font-mono text-[0.8125rem]">{entry.name}</bdi>
                {entry.summary && <bdi className="ml-2 text-muted text-xs">{entry.summary}</bdi>}
              </div>
            </div>
            {entry.children.length > 0 && (
              <div className="ml-3 border-line border-l pl-3">
                <Entries entries={entry.children} />
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
