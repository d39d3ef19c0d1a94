import { Button } from './button';

/** Signing in at other sites, by next-auth's own forms; works without a script. */
export function LoginButtons({
  providers,
  csrf,
  callbackUrl,
  verb = 'Sign in with',
}: {
  providers: { id: string; name: string }[];
  csrf: string;
  callbackUrl: string;
  verb?: string;
}) {
  if (providers.length === 0) return null;
  return (
    <div className="space-y-2">
      {providers.map(({ id, name }) => (
        <form action={`/api/auth/signin/${id}`} key={id} method="post">
          <input name="csrfToken" type="hidden" value={csrf} />
          <input name="callbackUrl" type="hidden" value={callbackUrl} />
          <div className="grid">
            <Button>
              <span>
                {verb} <bdi>{name}</bdi>
              </span>
            </Button>
          </div>
        </form>
      ))}
    </div>
  );
}
