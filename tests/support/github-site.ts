import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a GitHub Enterprise Server answers an OAuth app: authorization by code with PKCE, the token
 * for it, and the user of that token. It signs in whoever the test says, without asking.
 */
export class GithubSite {
  user: { id: number; login: string; name: string | null } = { id: 7, login: 'mona', name: null };
  readonly #codes = new Map<string, string>();
  readonly #tokens = new Set<string>();
  readonly #server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (pathname === '/login/oauth/authorize') {
      const code = randomBytes(10).toString('hex');
      this.#codes.set(code, query.get('code_challenge') ?? '');
      const back = new URLSearchParams({ code, state: query.get('state') ?? '' });
      response.writeHead(302, { location: `${query.get('redirect_uri')}?${back}` });
      return response.end();
    }
    if (pathname === '/login/oauth/access_token' && request.method === 'POST') {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const form = new URLSearchParams(Buffer.concat(parts).toString());
      const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
      const right = this.#codes.get(form.get('code') ?? '') === verifier.digest('base64url');
      if (!right) return json({ error: 'bad_verification_code' }, 400);
      const token = `gho_${randomBytes(16).toString('hex')}`;
      this.#tokens.add(token);
      return json({ access_token: token, token_type: 'bearer', scope: 'read:user' });
    }
    const [, token = ''] = (request.headers.authorization ?? '').split(' ');
    if (pathname === '/api/v3/user' && this.#tokens.has(token)) return json(this.user);
    return json({ message: 'Bad credentials' }, 401);
  });

  static async start(): Promise<GithubSite> {
    const site = new GithubSite();
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get env(): Record<string, string> {
    return {
      MUSEHUB_GITHUB_URL: this.url,
      MUSEHUB_GITHUB_ID: 'musehub-test',
      MUSEHUB_GITHUB_SECRET: 'a secret of github and the hub',
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
