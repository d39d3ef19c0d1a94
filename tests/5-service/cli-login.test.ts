import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Surroundings } from '~/cli/command';
import { EXIT } from '~/cli/exit-code';
import { run } from '~/cli/run';
import { approveDeviceLogin, denyDeviceLogin } from '~/server/services/decide-device-login';
import { TEST_USE } from '~tests/support/audit-entries';
import { tempFolder } from '~tests/support/muse-fixtures';
import { Sink } from '~tests/support/run-cli';
import { WireServer } from '~tests/support/wire-server';

let server: WireServer;
let home: string;
beforeAll(async () => {
  server = await WireServer.start();
});
beforeEach(() => {
  home = tempFolder();
});
afterEach(() => {
  server.intercept = () => null;
  server.tamper = null;
  server.takeSeen();
});
afterAll(() => server.stop());

interface Login {
  /** Called each time the program waits, with what it said until then. */
  onWait?: (said: string, waits: number) => unknown;
  terminal?: boolean;
  signal?: AbortSignal;
}

const opened: string[] = [];
const waits: number[] = [];

/** `musehub login` in this process; time passes as fast as the program waits. */
async function login(argv: string[], { onWait, terminal = false, signal }: Login = {}) {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const stdin = Readable.from(['']) as unknown as NodeJS.ReadStream;
  stderr.isTTY = terminal;
  stdin.isTTY = terminal;
  opened.length = 0;
  waits.length = 0;
  const around: Surroundings = {
    env: { NODE_ENV: 'test' },
    ...{ cwd: tempFolder(), home, openStdin: () => stdin, stdout, stderr },
    signal: signal ?? new AbortController().signal,
    wait: async (ms) => {
      waits.push(ms);
      server.skippedMs += ms;
      await onWait?.(stderr.text, waits.length);
    },
    openPage: (url) => opened.push(url.href),
  };
  const code = await run(['login', server.url, ...argv], around);
  return { code, out: stdout.text, err: stderr.text };
}

const codeIn = (said: string) => /approve the code ([A-Z]{4}-[A-Z]{4})/.exec(said)![1]!;

const clock = () => ({ now: () => Date.now() + server.skippedMs, uuid: () => crypto.randomUUID() });
const deps = () => ({
  ...{ identities: server.world.identity, tokens: server.world.tokens },
  ...{ devices: server.world.devices, clock: clock(), tokenDaysMax: 366, use: TEST_USE },
  hubSettings: server.world.hubSettings,
});
const approve = (said: string) =>
  approveDeviceLogin(
    server.principal,
    codeIn(said),
    { name: 'mine', scope: 'read', repositories: null, days: 1 },
    deps(),
  );

describe('signing in by a browser', () => {
  it('shows where and with which code, waits, and keeps the token', async () => {
    const done = await login(['--json'], {
      onWait: (said, count) => (count === 2 ? approve(said) : null),
    });
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ hub: server.url, handle: 'ada' });
    const code = codeIn(done.err);
    expect(done.err).toBe(`Open ${server.url}/device?code=${code}\nand approve the code ${code}\n`);
    const file = path.join(home, '.muse/identity.toml');
    expect(readFileSync(file, 'utf8')).toMatch(/token = "muse_pat_/);
    expect(done.out + done.err).not.toContain('muse_pat_');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(waits).toEqual([3_000, 3_000]);
    expect(opened).toEqual([]);
  });

  it('opens the browser on a terminal, unless told not to', async () => {
    const onWait = (said: string) => approve(said);
    const done = await login([], { terminal: true, onWait });
    expect(opened).toEqual([`${server.url}/device?code=${codeIn(done.err)}`]);
    expect((await login(['--no-browser'], { terminal: true, onWait })).code).toBe(0);
    expect(opened).toEqual([]);
  });

  it('shows the address and the code also when it shall be quiet', async () => {
    const done = await login(['--quiet'], { onWait: approve });
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('Signed in') });
  });

  it('ends when the person says no, or nothing in time', async () => {
    const no = await login([], {
      onWait: (said) => denyDeviceLogin(server.principal, codeIn(said), deps()),
    });
    expect(no.code).toBe(EXIT.auth);
    expect(no.err).toContain('error[access-denied]: The sign-in was denied in the browser.');
    const late = await login([]);
    expect(late.code).toBe(EXIT.auth);
    expect(late.err).toContain('Nobody decided about the sign-in in time.');
    expect(waits.length).toBeLessThanOrEqual(201);
    expect(existsSync(path.join(home, '.muse'))).toBe(false);
  });

  it('asks less often when the hub says so, and goes on when it is away', async () => {
    let away = 2;
    server.intercept = ({ path: asked }, _request, response) => {
      if (asked !== '/api/device/token' || away-- <= 0) return null;
      response.destroy();
      return true;
    };
    const done = await login([], {
      onWait: (said, count) => {
        // The hub sees the next question at once after this one: too soon.
        if (count === 4) server.skippedMs -= 3_000;
        return count === 5 ? approve(said) : null;
      },
    });
    expect(done.code).toBe(0);
    expect(waits).toEqual([3_000, 3_000, 3_000, 3_000, 8_000]);
  });

  it('ends when it is interrupted', async () => {
    const stop = new AbortController();
    const done = await login([], {
      signal: stop.signal,
      onWait: () => {
        stop.abort();
      },
    });
    expect(done.code).toBe(EXIT.interrupted);
  });

  it('opens nothing that is not a page, and prints no control characters of a hub', async () => {
    server.tamper = ({ path: asked }, bytes) =>
      asked === '/api/device'
        ? Buffer.from(bytes.toString().replace(/"verification_uri_complete":"http/, '$&x'))
        : bytes;
    const odd = await login([], { terminal: true });
    expect(odd.code).toBe(EXIT.internal);
    expect(odd.err).toContain('error[bad-response]');
    expect(opened).toEqual([]);
    server.tamper = ({ path: asked }, bytes) =>
      asked === '/api/device'
        ? Buffer.from(bytes.toString().replace(/"user_code":"/, '$&\\u001b[2J'))
        : bytes;
    const escaped = await login([]);
    expect(escaped.err).toContain('\\x1b[2J');
    expect(escaped.err).not.toContain('\u001b');
  });

  it('asks for a scope that there is', async () => {
    const { code, err } = await login(['--scope', 'all']);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain('all is no scope');
    expect(server.takeSeen()).toEqual([]);
  });
});
