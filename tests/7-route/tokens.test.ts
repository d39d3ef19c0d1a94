import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTokenText, newToken } from '~/server/auth/token-text';
import { musehub } from '~tests/support/cli';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { type Hub, startHub } from '~tests/support/hub';
import type { ProgramOutcome } from '~tests/support/run-program';

/** Access tokens over the production build: by HTTP, and by the command line. */

let database: TestDatabase;
let hub: Hub;
let home: string;

beforeAll(async () => {
  database = await openTestDatabase();
  hub = await startHub({ env: { DATABASE_URL: database.url } });
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-tokens-'));
});
afterAll(async () => {
  await hub?.dispose();
  await database?.drop();
  fs.rmSync(home, { recursive: true, force: true });
});

const send = (target: string, method: string, body?: unknown, token = hub.adminToken) =>
  fetch(new URL(target, hub.url), {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const make = async (fields: Record<string, unknown> = {}, token = hub.adminToken) => {
  const answer = await send(
    '/api/tokens',
    'POST',
    { name: 't', scopes: ['read'], ...fields },
    token,
  );
  expect(answer.status).toBe(201);
  return (await answer.json()) as { id: string; token: string; expires_at: string };
};
const whoami = (token: string) => send('/api/whoami', 'GET', undefined, token);

describe('POST /api/tokens', () => {
  it('201: a token that works at once, within what it was made for', async () => {
    const { token, id } = await make({ days: 30, branch_pattern: 'ci/*' });
    expect(checkTokenText(token)).toBe(true);
    const who = await whoami(token);
    expect(await who.json()).toMatchObject({ handle: 'admin', scopes: ['read'] });
    const { tokens } = await (await send('/api/tokens', 'GET')).json();
    expect(tokens.find((each: { id: string }) => each.id === id)).toMatchObject({
      ...{ name: 't', scopes: ['read'], repositories: null, branch_pattern: 'ci/*' },
      last_used: { address: '127.0.0.1' },
    });
    expect(JSON.stringify(tokens)).not.toContain(token);
  });

  it('401 for nobody, also with a session cookie; 403 for a token without the scope', async () => {
    const wanted = { name: 't', scopes: ['read'] };
    expect((await send('/api/tokens', 'POST', wanted, '')).status).toBe(401);
    const { token } = await make({ scopes: ['write'] });
    const refused = await send('/api/tokens', 'POST', wanted, token);
    expect([refused.status, (await refused.json()).code]).toEqual([403, 'insufficient-scope']);
  });

  it('422 with the field that is wrong, 415 for another media type', async () => {
    const refused = await send('/api/tokens', 'POST', { name: 't', scopes: ['root'] });
    expect([refused.status, (await refused.json()).code]).toEqual([422, 'bad-frame']);
    const days = await send('/api/tokens', 'POST', { name: 't', scopes: ['read'], days: 5000 });
    expect((await days.json()).detail).toEqual({ field: 'days' });
    const form = await hub.fetch('/api/tokens', { method: 'POST', body: 'name=t' });
    expect(form.status).toBe(415);
  });

  it('tells of an end that is near in a header, and not of one that is far', async () => {
    const near = await make({ days: 3 });
    const header = 'musehub-token-expires';
    expect((await whoami(near.token)).headers.get(header)).toBe(near.expires_at);
    const far = await make({ days: 30 });
    expect((await whoami(far.token)).headers.get(header)).toBeNull();
    const own = await make({ days: 30 }, (await make({ days: 3, scopes: ['admin'] })).token);
    expect(Date.parse(own.expires_at)).toBeLessThanOrEqual(Date.parse(near.expires_at) + 60_000);
  });
});

describe('DELETE /api/tokens/{id}', () => {
  it('200: the token is refused from then on; 404 the second time', async () => {
    const { token, id } = await make();
    expect((await send(`/api/tokens/${id}`, 'DELETE')).status).toBe(200);
    const refused = await whoami(token);
    expect([refused.status, (await refused.json()).code]).toEqual([401, 'token-revoked']);
    expect((await send(`/api/tokens/${id}`, 'DELETE')).status).toBe(404);
  });
});

describe('POST /api/tokens/revoke', () => {
  it('200 for whoever has the token, signed in or not, and again', async () => {
    const { token } = await make();
    for (const status of [200, 200]) {
      expect((await send('/api/tokens/revoke', 'POST', { token }, '')).status).toBe(status);
    }
    expect((await whoami(token)).status).toBe(401);
  });

  it('404 for what is no token of this hub', async () => {
    for (const token of ['nonsense', newToken('human')]) {
      expect((await send('/api/tokens/revoke', 'POST', { token }, '')).status).toBe(404);
    }
  });
});

describe('musehub token', () => {
  const cli = (...args: string[]): Promise<ProgramOutcome> =>
    musehub(['token', ...args], { home, token: hub.adminToken });

  it('makes a token on stdout, lists it, and revokes it by its name', async () => {
    const made = await cli(
      'create',
      'from-cli',
      '--scope',
      'read',
      '--days',
      '20',
      '--hub',
      hub.url,
    );
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const token = made.stdout.trim();
    expect(checkTokenText(token)).toBe(true);
    expect((await cli('list', hub.url)).stdout).toMatch(/from-cli {2}read {2}all repositories/);
    const revoked = await cli('revoke', 'from-cli', '--hub', hub.url);
    expect(revoked.stdout).toContain('Revoked the token "from-cli".');
    expect((await whoami(token)).status).toBe(401);
    expect(await cli('revoke', 'from-cli', '--hub', hub.url)).toMatchObject({ code: 4 });
  });

  it('refuses what is no scope or no number of days', async () => {
    for (const wrong of [
      ['--scope', 'root'],
      ['--days', 'many'],
    ]) {
      expect(await cli('create', 'x', ...wrong, '--hub', hub.url)).toMatchObject({ code: 2 });
    }
  });

  it('is warned of a token that ends soon, once, by whatever command', async () => {
    const { token } = await make({ days: 2 });
    const ran = await musehub(['whoami', hub.url], { home, token });
    expect(ran.code).toBe(0);
    expect(ran.stderr.match(/warning: the access token for .* expires on/g)).toHaveLength(1);
  });
});

describe('the log', () => {
  it('holds none of the tokens that were made', () => {
    expect(hub.output).not.toMatch(/muse_(pat|agt)_[0-9A-Za-z]{20}/);
  });
});

describe('failed sign-ins', () => {
  it('429 with Retry-After after ten in a minute; a right token is served all the same', async () => {
    const proxied = await startHub({
      env: { DATABASE_URL: database.url, MUSEHUB_TRUSTED_PROXIES: '127.0.0.1' },
    });
    try {
      const from = (address: string, token: string) =>
        fetch(`${proxied.url}/api/whoami`, {
          headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address },
        });
      for (let n = 0; n < 10; n++) {
        expect((await from('192.0.2.1', newToken('human'))).status).toBe(401);
      }
      const refused = await from('192.0.2.1', newToken('human'));
      expect([refused.status, (await refused.json()).code]).toEqual([429, 'rate-limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      for (const address of ['192.0.2.1', '192.0.2.2']) {
        expect((await from(address, hub.adminToken)).status).toBe(200);
      }
      const procedure = await fetch(`${proxied.url}/api/trpc/account.me`, {
        headers: {
          authorization: `Bearer ${newToken('human')}`,
          'x-forwarded-for': '192.0.2.1',
        },
      });
      expect(procedure.status).toBe(429);
      expect(procedure.headers.get('retry-after')).not.toBeNull();
    } finally {
      await proxied.dispose();
    }
  });
});
