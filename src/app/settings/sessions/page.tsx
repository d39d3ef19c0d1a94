import { api } from '~/trpc/server';
import { ownAnswer } from '../../_components/api-access';
import { Badge } from '../../_components/badge';
import { deviceName } from '../../_components/device-name';
import { EmptyState } from '../../_components/empty-state';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { When } from '../../_components/when';
import { EndOthersButton, EndSessionButton } from './end-session-button';

export const metadata = { title: 'Sessions' };

/** The browsers that are signed in as one, and a way to sign them out. */
export default async function SessionsPage() {
  const listed = await ownAnswer(api.session.list(), '/settings/sessions');
  if ('refusal' in listed) {
    return (
      <SettingsShell page="sessions">
        <h1 className="sr-only">Sessions</h1>
        <Refused sentence={listed.refusal} />
      </SettingsShell>
    );
  }
  const sessions = listed.answer;
  const others = sessions.filter((session) => !session.current).length;
  return (
    <SettingsShell page="sessions">
      <div className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div>
          <h1 className="mb-1 font-semibold text-xl">Sessions</h1>
          <p className="max-w-prose text-muted">Browsers that are signed in as you.</p>
        </div>
        {others > 0 && <EndOthersButton count={others} />}
      </div>
      {sessions.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {sessions.map((session) => (
            <li
              className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3"
              key={session.id}
            >
              <div className="min-w-0 flex-1 basis-72 space-y-0.5">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                  <bdi className="breakable font-semibold" title={session.userAgent}>
                    {deviceName(session.userAgent)}
                  </bdi>
                  {session.current && <Badge tone="accent">this one</Badge>}
                </p>
                <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
                  <span>
                    last used <When atMs={session.lastUsedAtMs} />
                    {session.address && (
                      <>
                        {' '}
                        from <bdi>{session.address}</bdi>
                      </>
                    )}
                  </span>
                  <span>
                    signed in <When atMs={session.createdAtMs} />
                    {session.tokenName !== null && (
                      <>
                        {' '}
                        with the token <bdi>{session.tokenName}</bdi>
                      </>
                    )}
                  </span>
                </p>
              </div>
              <EndSessionButton
                current={session.current}
                device={deviceName(session.userAgent)}
                id={session.id}
              />
            </li>
          ))}
        </ul>
      ) : (
        <EmptyState title="No browser is signed in" />
      )}
    </SettingsShell>
  );
}
