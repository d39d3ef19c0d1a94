import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '~/server/auth/token-text';
import { type Hub, startHub } from '~tests/support/hub';
import { rememberSecret } from '~tests/support/secrets';

let hub: Hub;

beforeAll(async () => {
  const secret = randomBytes(32).toString('hex');
  hub = await startHub({ env: { NEXTAUTH_SECRET: secret, MUSEHUB_LOG_LEVEL: 'debug' } });
}, 600_000);
afterAll(() => hub.dispose());

const json = { 'content-type': 'application/json' };

async function signInForm(provider: string, fields: Record<string, string>): Promise<Response> {
  const page = await fetch(`${hub.url}/api/auth/csrf`);
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const { csrfToken } = (await page.json()) as { csrfToken: string };
  const body = new URLSearchParams({ ...fields, csrfToken, json: 'true' });
  const headers = { cookie, origin: hub.url };
  const target = `${hub.url}/api/auth/callback/${provider}`;
  return fetch(target, { method: 'POST', body, headers, redirect: 'manual' });
}

describe('what a hub logs', () => {
  it('holds no secret of whoever uses it well, wrongly or with malice', async () => {
    const made = await hub.fetch('/api/tokens', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'ci', scopes: ['write'] }),
    });
    expect(made.status).toBe(201);
    const { token } = (await made.json()) as { token: string };
    const password = `pass ${randomBytes(12).toString('hex')}`;
    rememberSecret('a password', password);
    const wrong = newToken('agent');

    expect((await signInForm('token', { token })).headers.getSetCookie().join()).toContain(
      'session-token',
    );
    await signInForm('token', { token: wrong });
    await signInForm('password', { handle: 'admin', password });
    for (const text of [token, wrong]) {
      // Where a secret does not belong: the address, the headers, a body that is not understood.
      await fetch(`${hub.url}/api/whoami?token=${text}`);
      await fetch(`${hub.url}/${text}/${text}/refs`);
      await fetch(`${hub.url}/%?token=${text}`);
      const headers = { authorization: `Bearer ${text}`, 'user-agent': text, 'x-request-id': 'x' };
      await fetch(`${hub.url}/api/whoami`, { headers });
      await fetch(`${hub.url}/api/repos`, { method: 'POST', headers, body: `{"slug": ${text}` });
      await fetch(`${hub.url}/api/trpc/token.create`, {
        ...{ method: 'POST', headers: { ...headers, ...json }, body: `"${text}"` },
      });
      await fetch(`${hub.url}/api/tokens/revoke`, {
        ...{ method: 'POST', headers: json, body: JSON.stringify({ token: text }) },
      });
    }
    await hub.stop();
    expect(hub.output).toContain('musehub is at');
    expect(hub.leaks()).toEqual([]);
  });

  it('is searched when a hub of any test ends, which fails for a secret that stands there', async () => {
    const other = await startHub();
    const token = other.adminToken;
    other.output += `{"level":"info","message":"signed in","token":"${token}"}\n`;
    expect(other.leaks()).toEqual([expect.stringContaining('output holds an access token')]);
    await expect(other.dispose()).rejects.toThrow('secrets in the logs of a hub');
  });
});
