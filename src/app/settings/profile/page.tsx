import { cookies } from 'next/headers';
import { api } from '~/trpc/server';
import { shownProblem } from '../../_components/account-problem';
import { ownerAddress } from '../../_components/address';
import { ownAnswer } from '../../_components/api-access';
import { Card } from '../../_components/card';
import { csrfToken } from '../../_components/csrf-token';
import { LoginButtons } from '../../_components/login-buttons';
import { param, type SearchParams } from '../../_components/search-params';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { When } from '../../_components/when';
import { DisplayNameForm } from './display-name-form';
import { PasswordForm } from './password-form';
import { UnlinkButton } from './unlink-button';

export const metadata = { title: 'Profile' };

/** One's name, password and the sign-ins of other sites. */
export default async function ProfilePage({ searchParams }: { searchParams: SearchParams }) {
  const found = await ownAnswer(api.account.profile(), '/settings/profile');
  if ('refusal' in found) {
    return (
      <SettingsShell page="profile">
        <h1 className="sr-only">Profile</h1>
        <Refused sentence={found.refusal} />
      </SettingsShell>
    );
  }
  const profile = found.answer;
  const problem = shownProblem(await param(searchParams, 'error'));
  return (
    <SettingsShell page="profile">
      <h1 className="mb-1 font-semibold text-xl">Profile</h1>
      <p className="mb-4 text-muted">
        Your handle is{' '}
        <a className="link font-semibold" href={ownerAddress(profile.handle)}>
          <bdi>{profile.handle}</bdi>
        </a>
        {profile.kind === 'agent' && ', an agent'}
        {profile.owner !== null && (
          <>
            {' '}
            of <bdi>{profile.owner}</bdi>
          </>
        )}
        {profile.role === 'admin' && ', an admin of this hub'}; the account was made{' '}
        <When atMs={profile.createdAtMs} />.
      </p>
      {problem && (
        <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
          {problem.sentence}
        </p>
      )}
      {(await param(searchParams, 'done')) === 'password' && (
        <p className="mb-4 rounded-lg border border-line bg-good-soft px-4 py-3" role="status">
          The password is set; your other sessions ended with it.
        </p>
      )}
      <div className="space-y-6">
        <Card title="Name">
          <DisplayNameForm displayName={profile.displayName} />
        </Card>
        {profile.kind === 'human' && (
          <>
            <Card title="Password">
              <PasswordForm
                fresh={profile.fresh}
                handle={profile.handle}
                hasPassword={profile.hasPassword}
              />
            </Card>
            <Logins csrf={csrfToken((await cookies()).getAll())} profile={profile} />
          </>
        )}
      </div>
    </SettingsShell>
  );
}

type Profile = Awaited<ReturnType<typeof api.account.profile>>;

function Logins({ profile, csrf }: { profile: Profile; csrf: string | null }) {
  const { logins, providers } = profile;
  if (logins.length === 0 && providers.length === 0) return null;
  return (
    <Card title="Sign-ins of other sites">
      {logins.length > 0 && (
        <ul className="divide-y divide-line border-line border-b last:border-b-0">
          {logins.map(({ provider, site, subject, name, createdAtMs }) => (
            <li
              className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3"
              key={`${provider} ${subject}`}
            >
              <div className="min-w-0 flex-1 basis-60">
                <p className="font-semibold">
                  <bdi>{site}</bdi>
                </p>
                <p className="breakable text-muted text-xs">
                  as <bdi>{name || subject}</bdi>, linked <When atMs={createdAtMs} />
                </p>
              </div>
              <UnlinkButton provider={provider} site={site} subject={subject} />
            </li>
          ))}
        </ul>
      )}
      {providers.length > 0 && (
        <div className="max-w-2xl space-y-3 p-4">
          <p className="text-muted">
            Whoever signs in there as the account that you link comes in here as you.
          </p>
          {csrf === null ? (
            <a className="link underline" href="/api/auth/signin?callbackUrl=%2Fsettings%2Fprofile">
              Link one
            </a>
          ) : (
            <div className="max-w-xs">
              <LoginButtons
                callbackUrl="/settings/profile"
                csrf={csrf}
                providers={providers}
                verb="Link"
              />
            </div>
          )}
        </div>
      )}
    </Card>
  );
}
