import type { Answers } from '~/server/api/root';
import { PUSH_STATES } from '~/server/services/push-filter';
import { api } from '~/trpc/server';
import { adminAddress, pushAddress, repoAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { EmptyState } from '../../_components/empty-state';
import { FilterChoice, FilterForm, FilterText } from '../../_components/filter-controls';
import { Pager } from '../../_components/pager';
import { Person } from '../../_components/person';
import { KindBadge, OutcomeBadge } from '../../_components/push-row';
import { param, readKey, type SearchParams, writeKey } from '../../_components/search-params';
import { When } from '../../_components/when';
import { bytes, counted, duration } from '../../_components/wording';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Pushes · Administration' };

type Push = Answers['admin']['pushes']['list']['rows'][number];

/** Pushes to every repository, refused and failed ones too. */
export default async function AdminPushesPage({ searchParams }: { searchParams: SearchParams }) {
  const [outcome, errorCode, actor] = await Promise.all([
    param(searchParams, 'outcome'),
    param(searchParams, 'code'),
    param(searchParams, 'actor'),
  ]);
  const words = { outcome, code: errorCode, actor };
  const before = readKey(await param(searchParams, 'before'));
  const asked = await adminAnswer(
    api.admin.pushes.list({
      ...{ errorCode, actor, before },
      outcome: PUSH_STATES.find((state) => state === outcome) ?? null,
    }),
  );
  const shell = { page: 'pushes', title: 'Pushes' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { rows, next } = asked.answer;
  return (
    <AdminShell {...shell}>
      <FilterForm
        action={adminAddress('pushes')}
        isFiltered={Object.values(words).some((word) => word !== null)}
      >
        <FilterText label="Who" name="actor" value={actor} />
        <FilterChoice
          any="Any outcome"
          choices={PUSH_STATES}
          label="Outcome"
          name="outcome"
          value={outcome}
        />
        <FilterText label="Error code" name="code" value={errorCode} />
      </FilterForm>
      {rows.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {rows.map((push) => (
            <HubPushRow key={push.id} push={push} />
          ))}
        </ul>
      ) : (
        <EmptyState title="No such pushes" />
      )}
      <Pager
        newer={before ? adminAddress('pushes', words) : undefined}
        newerLabel="Latest"
        older={next && adminAddress('pushes', { ...words, before: writeKey(next.atMs, next.id) })}
      />
    </AdminShell>
  );
}

function HubPushRow({ push }: { push: Push }) {
  const { repository, actor } = push;
  return (
    <li className="space-y-1 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {actor ? (
          <Person handle={actor.handle} kind={actor.kind} />
        ) : (
          <span className="text-muted">a former account</span>
        )}
        {repository ? (
          <>
            <a className="link breakable min-w-0" href={repoAddress(repository)}>
              <bdi>
                {repository.owner}/{repository.slug}
              </bdi>
            </a>
            <a className="link tabular-nums" href={pushAddress(repository, push.id)}>
              {push.seq === null ? push.id.slice(0, 8) : `#${push.seq}`}
            </a>
          </>
        ) : (
          <span className="text-muted">a deleted repository</span>
        )}
        <bdi className="breakable min-w-0 font-mono text-xs">{push.branch}</bdi>
        {push.kind && <KindBadge kind={push.kind} />}
        <OutcomeBadge outcome={push.outcome} />
        {push.errorCode && <code className="font-mono text-bad text-xs">{push.errorCode}</code>}
        <span className="ml-auto text-muted text-xs">
          <When atMs={push.startedAtMs} />
        </span>
      </div>
      <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
        <span>{counted(push.commitsNew, 'commit')}</span>
        <span>{counted(push.objectsNew, 'object')}</span>
        <span>{bytes(push.bytesReceived)}</span>
        {push.durationMs !== null && <span>{duration(push.durationMs)}</span>}
        {push.address && <bdi>{push.address}</bdi>}
        {push.client && <bdi>{push.client}</bdi>}
        {push.tokenName && (
          <span>
            token <bdi>{push.tokenName}</bdi>
          </span>
        )}
      </p>
    </li>
  );
}
