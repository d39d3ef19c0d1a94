import { chmodSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '~/cli/exit-code';
import { hashToken } from '~/server/auth/token-text';
import { tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { runCli } from '~tests/support/run-cli';
import { WireServer } from '~tests/support/wire-server';

let server: WireServer;
let home: string;
let muse: MuseFolder;
let url: string;
let slugs = 0;
beforeAll(async () => {
  server = await WireServer.start();
});
beforeEach(async () => {
  home = tempFolder();
  muse = await MuseFolder.make();
  muse.line('main', 2);
  url = await server.repository(`doctor-${++slugs}`);
  await musehub(['login', server.url, '--token', server.token]);
});
afterEach(() => {
  server.intercept = () => null;
});
afterAll(() => server.stop());

const musehub = (argv: string[], cwd = muse.root) => runCli(argv, { cwd, home });

/** The state of each check, and of those that are not in order what to do. */
async function diagnose(argv: string[] = [], cwd?: string) {
  const { code, out, err } = await musehub(['doctor', ...argv, '--json'], cwd);
  const { ok, checks } = JSON.parse(out) as {
    ok: boolean;
    checks: { check: string; state: string; message: string; fix?: string }[];
  };
  const states = Object.fromEntries(checks.map(({ check, state }) => [check, state]));
  const of = (name: string) => checks.find(({ check }) => check === name)!;
  return { code, err, ok, states, of };
}

const GOOD = {
  ...{ versions: 'ok', folder: 'ok', remote: 'ok', hub: 'ok', clock: 'ok', token: 'ok' },
  repository: 'ok',
};

describe('the doctor', () => {
  it('finds everything in order after a push, and says so in lines and in JSON', async () => {
    await musehub(['push', url, 'main', '--as', 'origin']);
    await musehub(['key', 'generate']);
    const healthy = await diagnose();
    expect(healthy).toMatchObject({ code: 0, ok: true, err: '' });
    expect(healthy.states).toEqual({ ...GOOD, 'signing key': 'ok' });
    expect(healthy.of('repository').message).toContain('main is the same there');
    const { code, out } = await musehub(['doctor']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ok {7}versions {5}musehub /);
    expect(out.split('\n')).toHaveLength(9);
  });

  it('says what is missing before the first push, and fails for none of it', async () => {
    const fresh = await diagnose([url], tempFolder());
    expect(fresh).toMatchObject({ code: 0, ok: true });
    expect(fresh.states).toMatchObject({ ...GOOD, folder: 'skipped' });
    const unnamed = await diagnose(['origin'], tempFolder());
    expect(unnamed).toMatchObject({ code: EXIT.usage, states: { remote: 'failed' } });
    const before = await diagnose();
    expect(before).toMatchObject({ code: 0, ok: true });
    expect(before.states).toEqual({
      ...{ ...GOOD, remote: 'warning', repository: 'skipped', 'signing key': 'skipped' },
    });
    expect(before.of('remote').fix).toContain('musehub push URL --as origin');
    const nowhere = await diagnose([], tempFolder());
    expect(nowhere).toMatchObject({ code: 0, states: { folder: 'skipped', hub: 'ok' } });
  });

  it('finds a file of the head that is gone', async () => {
    const objects = path.join(muse.repository.folder, 'objects');
    rmSync(path.join(objects, readdirSync(objects)[0]!), { recursive: true });
    const damaged = await diagnose([url]);
    expect(damaged.code).toBe(EXIT.usage);
    expect(damaged.of('folder')).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/^1 file of the head .* cannot be read/),
      fix: expect.stringContaining('clone it again'),
    });
    // What does not rest on it is looked at all the same.
    expect(damaged.states).toMatchObject({ hub: 'ok', token: 'ok', repository: 'ok' });
  });

  it('finds a hub that does not answer, is not ready, or is none', async () => {
    const away = await diagnose(['http://127.0.0.1:9/ada/demo']);
    expect(away).toMatchObject({ code: EXIT.network, states: { hub: 'failed' } });
    expect(away.err).toContain('error[network]');
    expect(away.states).not.toHaveProperty('token');
    for (const [status, code] of [
      [503, EXIT.network],
      [404, EXIT.internal],
    ] as const) {
      server.intercept = (_seen, _request, response) => {
        response.writeHead(status).end('{}');
        return true;
      };
      expect(await diagnose([url])).toMatchObject({ code, states: { hub: 'failed' } });
    }
  });

  it('finds a clock that is off', async () => {
    const dated = (at: Date) => {
      server.intercept = (seen, _request, response) => {
        if (seen.path !== '/ready') return null;
        response.writeHead(200, { date: at.toUTCString() }).end('{}');
        return true;
      };
    };
    dated(new Date(Date.now() + 600_000));
    const behind = await diagnose([url]);
    expect(behind).toMatchObject({ code: 0, states: { clock: 'warning' } });
    expect(behind.of('clock').message).toMatch(/^is \d+ seconds behind the hub’s$/);
    dated(new Date(Date.now() - 600_000));
    expect((await diagnose([url])).of('clock').message).toContain('ahead of');
  });

  it('finds a token that is missing, wrong, or open to others', async () => {
    const file = path.join(home, '.muse/identity.toml');
    chmodSync(file, 0o644);
    const open = await diagnose([url]);
    expect(open).toMatchObject({ code: EXIT.usage, states: { token: 'failed' } });
    expect(open.of('token').fix).toBe(`Run: chmod 600 ${file}`);
    rmSync(file);
    const none = await diagnose([url]);
    expect(none).toMatchObject({ code: 0, states: { token: 'warning' } });
    expect(none.of('token').fix).toBe(`Run: musehub login ${server.url}`);
    const hash = Buffer.from(hashToken(server.token)).toString('hex');
    const stored = [...server.hub.tokens.values()].find((each) => each.hash === hash)!;
    await musehub(['login', server.url, '--token', server.token]);
    stored.revoked = true;
    const revoked = await diagnose([url]);
    stored.revoked = false;
    expect(revoked).toMatchObject({ code: EXIT.auth, states: { token: 'failed' } });
  });

  it('finds a repository that is not there', async () => {
    const gone = await diagnose([`${server.url}/ada/nothing`]);
    expect(gone).toMatchObject({ code: EXIT.notFound, states: { repository: 'failed' } });
  });
});
