import LogOut from 'lucide-react/icons/log-out';
import { cookies } from 'next/headers';
import { api } from '~/trpc/server';
import { ownerAddress } from './address';
import { Avatar } from './avatar';
import { ButtonLink } from './button';
import { Logo } from './logo';
import { SearchField } from './search-field';
import { THEME_COOKIE, themeOf } from './theme';
import { ThemeSwitch } from './theme-switch';

/** The top of every page: where one is, where one can go, and who one is. */
export async function SiteHeader() {
  const [me, jar] = await Promise.all([api.account.me(), cookies()]);
  return (
    <header className="border-line border-b bg-surface">
      <div className="mx-auto flex min-h-14 max-w-6xl items-center gap-x-4 px-4 max-sm:gap-x-2">
        <a className="flex items-center gap-2 font-semibold text-base" data-key="g h" href="/">
          <Logo />
          {/* A narrow screen has no room for it beside the way to sign in. */}
          <span className={me ? undefined : 'max-[26rem]:sr-only'}>musehub</span>
        </a>
        <nav aria-label="Site">
          <a
            className="rounded-md px-2 py-1 text-muted hover:bg-sunken hover:text-ink"
            data-key="g e"
            href="/explore"
          >
            Explore
          </a>
        </nav>
        <SearchField />
        <ThemeSwitch theme={themeOf(jar.get(THEME_COOKIE)?.value)} />
        {me ? (
          <AccountMenu handle={me.handle} isAdmin={me.role === 'admin'} />
        ) : (
          <span className="shrink-0">
            <ButtonLink href="/login">Sign in</ButtonLink>
          </span>
        )}
      </div>
    </header>
  );
}

/** Opens without a script. */
function AccountMenu({ handle, isAdmin }: { handle: string; isAdmin: boolean }) {
  return (
    <details className="relative">
      <summary
        aria-label={`Account ${handle}`}
        className="flex list-none items-center rounded-full [&::-webkit-details-marker]:hidden"
      >
        <Avatar name={handle} size={28} />
      </summary>
      <div className="absolute right-0 z-20 mt-2 w-56 rounded-lg border border-line bg-canvas py-1 shadow-lg">
        <p className="border-line border-b px-4 pt-1 pb-2 text-muted text-xs">
          Signed in as <bdi className="block font-semibold text-ink text-sm">{handle}</bdi>
        </p>
        <a className="block px-4 py-2 hover:bg-sunken" href={ownerAddress(handle)}>
          Your repositories
        </a>
        <a className="block px-4 py-2 hover:bg-sunken" href="/settings/profile">
          Settings
        </a>
        {isAdmin && (
          <a className="block px-4 py-2 hover:bg-sunken" href="/admin/users">
            Administration
          </a>
        )}
        <a className="flex items-center gap-2 px-4 py-2 hover:bg-sunken" href="/api/auth/signout">
          <LogOut aria-hidden="true" size={14} />
          Sign out
        </a>
      </div>
    </details>
  );
}
