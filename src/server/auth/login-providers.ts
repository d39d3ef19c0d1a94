import type { OAuthConfig } from 'next-auth/providers/oauth';
import type { ProvenLogin } from '~/server/services/sign-in-by-login';

/** Other sites whose sign-in this hub takes, as its environment says. */
export interface LoginSites {
  github: { url: string; id: string; secret: string } | null;
  oidc: { issuer: string; id: string; secret: string; name: string } | null;
}

export interface LoginProvider {
  /** In addresses: `/api/auth/signin/{id}`. */
  id: 'github' | 'oidc';
  /** On buttons. */
  name: string;
  /** What its sign-ins are stored under: another site is another provider. */
  site: string;
}

const ANSWER_MAX_MS = 10_000;
const GITHUB = 'https://github.com';

/** The providers that are set, for pages and for sign-ins. */
export function loginProviders({ github, oidc }: LoginSites): LoginProvider[] {
  return [
    ...(github ? [{ id: 'github', name: 'GitHub', site: github.url } as const] : []),
    ...(oidc ? [{ id: 'oidc', name: oidc.name, site: oidc.issuer } as const] : []),
  ];
}

/** What a provider says of a person, as far as it is used; e-mail addresses are not. */
interface Claims {
  sub?: unknown;
  id?: unknown;
  login?: unknown;
  preferred_username?: unknown;
  nickname?: unknown;
  name?: unknown;
}

/**
 * The providers for next-auth. State and PKCE are checked for both, the nonce, issuer, audience and
 * signature of the ID token for OpenID Connect.
 */
export function oauthConfigs({ github, oidc }: LoginSites): OAuthConfig<Claims>[] {
  const configs: OAuthConfig<Claims>[] = [];
  if (github) {
    const api = github.url === GITHUB ? 'https://api.github.com' : `${github.url}/api/v3`;
    configs.push({
      ...{ id: 'github', name: 'GitHub', type: 'oauth', version: '2.0' },
      issuer: `${github.url}/login/oauth`,
      authorization: { url: `${github.url}/login/oauth/authorize`, params: { scope: 'read:user' } },
      token: `${github.url}/login/oauth/access_token`,
      userinfo: `${api}/user`,
      checks: ['state', 'pkce'],
      ...{ clientId: github.id, clientSecret: github.secret, profile: personOf },
      httpOptions: { timeout: ANSWER_MAX_MS },
    });
  }
  if (oidc) {
    configs.push({
      ...{ id: 'oidc', name: oidc.name, type: 'oauth', version: '2.0' },
      wellKnown: `${oidc.issuer}/.well-known/openid-configuration`,
      authorization: { params: { scope: 'openid profile' } },
      idToken: true,
      checks: ['state', 'pkce', 'nonce'],
      ...{ clientId: oidc.id, clientSecret: oidc.secret, profile: personOf },
      httpOptions: { timeout: ANSWER_MAX_MS },
    });
  }
  return configs;
}

const personOf = (claims: Claims) => ({ id: provenSubject(claims), name: fullName(claims) });

/** The sign-in that a provider's answer proves. */
export function provenLogin(site: string, claims: Claims): ProvenLogin {
  const { login, preferred_username, nickname } = claims;
  const [name = ''] = [login, preferred_username, nickname, claims.name].filter(isName);
  return { provider: site, subject: provenSubject(claims), name, fullName: fullName(claims) };
}

/** GitHub numbers its accounts; names there can change hands. */
function provenSubject({ sub, id }: Claims): string {
  const subject = sub ?? id;
  return typeof subject === 'string' || typeof subject === 'number' ? String(subject) : '';
}

const fullName = ({ name }: Claims): string => (isName(name) ? name : '');
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
