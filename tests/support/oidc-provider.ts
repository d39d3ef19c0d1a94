import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A small OpenID provider: discovery, authorization by code with PKCE, an ID token signed with
 * RS256, its keys, and userinfo. It signs in whoever the test says, without asking; what the test
 * spoils, it does wrong.
 */
export class OidcProvider {
  readonly clientId = 'musehub-test';
  readonly clientSecret = 'a secret of the provider and the hub';
  /** Who signs in next. */
  person = { sub: 'sub-1', preferred_username: 'grace', name: 'Grace Hopper' };
  /** What it does wrong: the state it leads back with, the nonce or the key of its tokens. */
  spoil: 'nothing' | 'state' | 'nonce' | 'signature' | 'audience' | 'denied' = 'nothing';
  readonly #codes = new Map<string, { nonce: string; challenge: string; redirect: string }>();
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<OidcProvider> {
    const provider = new OidcProvider();
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The environment of a hub that takes its sign-ins. */
  get env(): Record<string, string> {
    return {
      MUSEHUB_OIDC_ISSUER: this.issuer,
      MUSEHUB_OIDC_ID: this.clientId,
      MUSEHUB_OIDC_SECRET: this.clientSecret,
      MUSEHUB_OIDC_NAME: 'Example ID',
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.issuer);
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (pathname === '/.well-known/openid-configuration') return json(this.#discovery());
    if (pathname === '/jwks') {
      const jwk = this.#key.publicKey.export({ format: 'jwk' });
      return json({ keys: [{ ...jwk, kid: 'k1', alg: 'RS256', use: 'sig' }] });
    }
    if (pathname === '/authorize') {
      response.writeHead(302, { location: this.#authorize(searchParams) });
      response.end();
      return;
    }
    if (pathname === '/token' && request.method === 'POST') {
      const answer = this.#token(request, new URLSearchParams(await textOf(request)));
      return answer ? json(answer) : json({ error: 'invalid_grant' }, 400);
    }
    return json({ error: 'not found' }, 404);
  }

  #discovery() {
    const { issuer } = this;
    return {
      ...{ issuer, authorization_endpoint: `${issuer}/authorize` },
      ...{ token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
      ...{ userinfo_endpoint: `${issuer}/userinfo`, response_types_supported: ['code'] },
      ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] },
    };
  }

  /** Where the browser goes on. */
  #authorize(query: URLSearchParams): string {
    const [redirect, state] = [query.get('redirect_uri') ?? '', query.get('state') ?? ''];
    const right =
      query.get('client_id') === this.clientId &&
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256';
    if (!right) throw new Error('a request that no client of this provider makes');
    if (this.spoil === 'denied') return `${redirect}?error=access_denied&state=${state}`;
    const code = randomBytes(16).toString('hex');
    const [nonce, challenge] = [query.get('nonce') ?? '', query.get('code_challenge') ?? ''];
    this.#codes.set(code, { nonce, challenge, redirect });
    const given = this.spoil === 'state' ? 'somebody-else' : state;
    return `${redirect}?${new URLSearchParams({ code, state: given })}`;
  }

  #token(request: IncomingMessage, form: URLSearchParams) {
    const basic = Buffer.from(`${this.clientId}:${encodeURIComponent(this.clientSecret)}`);
    const known = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
    const sent = decodeURIComponent(
      Buffer.from(credentials, 'base64').toString().replaceAll('+', ' '),
    );
    const right =
      scheme === 'Basic' &&
      sent === decodeURIComponent(basic.toString()) &&
      known?.challenge === verifier &&
      known.redirect === form.get('redirect_uri');
    if (!right) return null;
    return {
      ...{ access_token: randomBytes(16).toString('hex'), token_type: 'Bearer' },
      id_token: this.#idToken(known.nonce),
    };
  }

  #idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: this.issuer, iat: now, exp: now + 300, ...this.person },
      aud: this.spoil === 'audience' ? 'another client' : this.clientId,
      nonce: this.spoil === 'nonce' ? 'of another sign-in' : nonce,
    };
    const encoded = [{ alg: 'RS256', kid: 'k1' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = this.spoil === 'signature' ? this.#otherKey : this.#key;
    const signature = sign('sha256', Buffer.from(encoded), key.privateKey);
    return `${encoded}.${signature.toString('base64url')}`;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
