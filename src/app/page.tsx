import { api } from '~/trpc/server';
import { ButtonLink } from './_components/button';
import { CommandLine } from './_components/command-line';
import { EmptyState } from './_components/empty-state';
import { hubUrl } from './_components/hub-url';
import { PageBody } from './_components/page-body';
import { RepositoryList } from './_components/repository-list';

const SHOWN = 10;

/** Home: one's own repositories, and what was updated last. */
export default async function HomePage() {
  const me = await api.account.me();
  const [own, recent] = await Promise.all([
    me && api.repo.ofOwner({ owner: me.handle, limit: SHOWN }),
    api.repo.explore({ limit: SHOWN }),
  ]);
  return (
    <PageBody>
      <h1 className="sr-only">Home</h1>
      <div className="grid gap-8 lg:grid-cols-[3fr_2fr]">
        <div className="min-w-0 space-y-8">
          {own && me && (
            <section aria-labelledby="own">
              <h2 className="mb-2 font-semibold text-base" id="own">
                Your repositories
              </h2>
              {own.repositories.length > 0 ? (
                <RepositoryList repositories={own.repositories} showOwner={false} />
              ) : (
                <EmptyState title="You have no repository yet">
                  <p>Make one and push to it with the lines beside.</p>
                </EmptyState>
              )}
              {own.next && (
                <p className="mt-2">
                  <a className="link" href={`/${encodeURIComponent(me.handle)}`}>
                    All your repositories
                  </a>
                </p>
              )}
            </section>
          )}
          <section aria-labelledby="recent">
            <h2 className="mb-2 font-semibold text-base" id="recent">
              Recently updated
            </h2>
            {recent.repositories.length > 0 ? (
              <RepositoryList repositories={recent.repositories} />
            ) : (
              <EmptyState title="No public repository yet">
                <p>This hub is fresh. The first push makes it look better.</p>
              </EmptyState>
            )}
            {recent.next && (
              <p className="mt-2">
                <a className="link" href="/explore">
                  All public repositories
                </a>
              </p>
            )}
          </section>
        </div>
        <aside aria-labelledby="start" className="min-w-0">
          <h2 className="mb-2 font-semibold text-base" id="start">
            Push something
          </h2>
          <div className="space-y-3 rounded-lg border border-line p-4">
            <p className="text-muted">
              From a folder with a Muse repository. An access token signs in the command line and
              the browser alike.
            </p>
            <CommandLine command={`musehub login ${hubUrl()}`} label="the login line" />
            <CommandLine
              command={`musehub repo create ${me ? `${me.handle}/` : ''}my-repo`}
              label="the line that makes a repository"
            />
            <CommandLine
              command={`musehub push ${hubUrl()}/${me?.handle ?? 'you'}/my-repo main`}
              label="the push line"
            />
            {!me && (
              <p>
                <ButtonLink href="/login">Sign in with a token</ButtonLink>
              </p>
            )}
          </div>
        </aside>
      </div>
    </PageBody>
  );
}
