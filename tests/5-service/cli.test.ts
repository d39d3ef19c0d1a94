import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '~/cli/exit-code';
import { ProgressLine } from '~/cli/progress-line';
import { COMMANDS } from '~/cli/registry';
import { bytesText, forTerminal, jsonForTerminal, numberText } from '~/cli/terminal-text';
import { refusal } from '~/client/http';
import { Repository } from '~/client/repository';
import { ERRORS, type ErrorCode } from '~/wire/errors';
import { encodeReplyFrame } from '~/wire/frame-codec';
import type { ResultFrame } from '~/wire/frames';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { type Ran, runCli, Sink } from '~tests/support/run-cli';
import { WireServer } from '~tests/support/wire-server';

let server: WireServer;
let home: string;
let slugs = 0;
beforeAll(async () => {
  server = await WireServer.start();
});
beforeEach(() => {
  home = tempFolder();
});
afterEach(() => {
  server.intercept = () => null;
});
afterAll(() => server.stop());

/** Runs the program in this process; signed in unless `env` says otherwise. */
const musehub = (
  argv: string[],
  more: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
): Promise<Ran> =>
  runCli(argv, {
    ...{ cwd: tempFolder(), home, ...more },
    env: { MUSEHUB_TOKEN: server.token, ...more.env },
  });

const NOBODY = { MUSEHUB_TOKEN: '' };

async function newRemote(): Promise<string> {
  return server.repository(`cli-${++slugs}`);
}

describe('the help', () => {
  it('names every command, and each has usage, options and examples', async () => {
    const { code, out } = await musehub(['--help']);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(out).toContain(name);
      expect(out).toContain(summary);
      for (const argv of [
        [...name.split(' '), '--help'],
        [...name.split(' '), '-h'],
        ['help', ...name.split(' ')],
      ]) {
        const help = await musehub(argv);
        expect(help.code).toBe(0);
        expect(help.out).toContain(`musehub ${name}`);
        expect(help.out).toMatch(/Usage:[\s\S]*Options:[\s\S]*--json[\s\S]*Examples:/);
        expect(help.err).toBe('');
      }
    }
  });

  it('is pointed to when the command line is wrong', async () => {
    const wrong: [string[], string][] = [
      [[], 'Name a command.'],
      [['nope'], 'There is no command nope.'],
      [['repo', 'destroy'], 'There is no command repo destroy.'],
      [['token'], 'There is: musehub token create, musehub token list, musehub token revoke'],
      [['commit', '--help'], 'fix: There is: musehub commit comment'],
      [['push', '--bogus'], "Unknown option '--bogus'"],
      [['clone'], 'An argument is missing: musehub clone URL [FOLDER]'],
      [['clone', 'http://x/a/b', 'c', 'd'], 'There is one argument too many: d'],
      [['clone', 'not-an-address'], 'is not an http or https address'],
      [['clone', 'http://localhost/only-one'], 'is not the address of a repository'],
      [['repo', 'create', 'a/b/c'], 'is not the name of a repository'],
      [['login', 'http://localhost/path'], 'is not the address of a hub'],
      [['commit', 'comment', 'abc', '--body', 'x'], 'abc is not the id of a commit'],
      [['commit', 'comment', 'ab'.repeat(32), '--to', 'http://x/a/b'], 'what the comment is'],
      [['key', 'revoke'], 'An argument is missing: musehub key revoke NAME-OR-ID'],
    ];
    for (const [argv, reason] of wrong) {
      const { code, out, err } = await musehub(argv);
      expect(code, argv.join(' ')).toBe(EXIT.usage);
      expect(out).toBe('');
      expect(err).toMatch(/^error\[usage\]: .*\nfix: .+\n$/);
      expect(err).toContain(reason);
    }
  });

  it('has the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await musehub(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('signing in', () => {
  it('checks the token, keeps it, uses it, and forgets it', async () => {
    const env = { ...NOBODY, MUSEHUB_URL: server.url };
    const nobody = await musehub(['whoami'], { env });
    expect(nobody.code).toBe(EXIT.auth);
    expect(nobody.err).toContain(`fix: Run: musehub login ${server.url}`);
    const bad = await musehub(['login', server.url, '--token', 'muse_pat_wrong'], { env });
    expect(bad.code).toBe(EXIT.auth);
    expect(bad.err).toContain(`${server.url} does not know the access token that it was sent.`);
    expect(existsSync(path.join(home, '.muse'))).toBe(false);
    const good = await musehub(['login', server.url, '--token-stdin'], {
      env,
      stdin: `${server.token}\n`,
    });
    expect(good).toMatchObject({ code: 0, out: `Signed in to ${server.url} as ada (human).\n` });
    expect(statSync(path.join(home, '.muse/identity.toml')).mode & 0o777).toBe(0o600);
    const who = await musehub(['whoami', '--json'], { env });
    expect(JSON.parse(who.out)).toMatchObject({
      hub: server.url,
      handle: 'ada',
      scopes: ['admin'],
    });
    expect((await musehub(['logout'], { env })).out).toContain('Signed out');
    expect((await musehub(['logout'], { env })).out).toContain('were not signed in');
    expect((await musehub(['whoami'], { env })).code).toBe(EXIT.auth);
  });

  it('makes the hub the one that is meant, when it is the only one', async () => {
    await musehub(['login', server.url, '--token', server.token], { env: NOBODY });
    const who = await musehub(['whoami'], { env: NOBODY });
    expect(who).toMatchObject({
      code: 0,
      out: `ada (human, user, scopes: admin) on ${server.url}\n`,
    });
    const file = path.join(home, '.muse/identity.toml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n["other.example"]\ntoken = "t"\n`);
    const several = await musehub(['whoami'], { env: NOBODY });
    expect(several.code).toBe(EXIT.usage);
    expect(several.err).toContain('https://other.example');
  });

  it('takes no token that was not copied whole', async () => {
    expect(await musehub(['login', server.url, '--token', 'two words'])).toMatchObject({
      code: EXIT.usage,
    });
  });

  it('gives the token of the environment to the hub of the environment only', async () => {
    const remote = parseInt(new URL(server.url).port, 10);
    const env = { MUSEHUB_URL: 'http://elsewhere.example' };
    expect((await musehub(['whoami', server.url], { env })).code).toBe(EXIT.auth);
    const own = { MUSEHUB_URL: `http://127.0.0.1:${remote}/` };
    expect((await musehub(['whoami', server.url], { env: own })).code).toBe(0);
    expect((await musehub(['whoami', server.url])).code).toBe(0);
  });
});

describe('a repository', () => {
  it('is created, pushed to, cloned and fetched from by the program', async () => {
    const hub = ['--hub', server.url];
    const made = await musehub(['repo', 'create', 'whole-way', '--private', ...hub, '--json']);
    const url = `${server.url}/ada/whole-way`;
    expect(JSON.parse(made.out)).toMatchObject({
      owner: 'ada',
      slug: 'whole-way',
      url,
      visibility: 'private',
    });
    const twice = await musehub(['repo', 'create', 'ada/whole-way', ...hub]);
    expect(twice.code).toBe(EXIT.conflict);
    expect(twice.err).toContain('error[already-exists]');

    const muse = await MuseFolder.make();
    const [, id] = muse.line('main', 2);
    muse.line('feat/x', 1);
    const pushed = await musehub(['push', url, '--all', '--as', 'origin', '--json'], {
      cwd: muse.root,
    });
    const { pushes } = JSON.parse(pushed.out);
    expect(pushes.map((p: { branch: string; kind: string }) => [p.branch, p.kind])).toEqual([
      ['main', 'create'],
      ['feat/x', 'create'],
    ]);
    const again = await musehub(['push'], { cwd: muse.root });
    expect(again).toMatchObject({
      code: 0,
      out: `To ${url}\n  main: up to date at ${id!.slice(0, 12)}\n`,
    });

    const cwd = tempFolder();
    const clone = await musehub(['clone', url], { cwd });
    expect(clone.code).toBe(0);
    expect(clone.out).toContain('on main at');
    const copy = path.join(cwd, 'whole-way');
    expect(Repository.open(copy).branch('main')).toBe(id);
    muse.line('main', 1, id, 'more');
    expect((await musehub(['push', 'origin', 'main'], { cwd: muse.root })).out).toContain(
      'fast-forward',
    );
    const fetched = JSON.parse((await musehub(['fetch', '--json'], { cwd: copy })).out);
    expect(fetched).toMatchObject({ commits: 1, updated: [{ branch: 'main', old_head: id }] });
    expect((await musehub(['fetch'], { cwd: copy })).out).toContain('up to date');
    const stranger = await musehub(['clone', url, 'x'], { cwd, env: NOBODY });
    expect(stranger.code).toBe(EXIT.notFound);
  });

  it('is pushed under another name, by force, and loses a branch', async () => {
    const url = await newRemote();
    const muse = await MuseFolder.make();
    const [base] = muse.line('main', 1);
    const cwd = muse.root;
    expect((await musehub(['push', url, 'main:other/name'], { cwd })).out).toContain(
      'other/name: create',
    );
    muse.line('main', 1, null, 'unrelated');
    const refused = await musehub(['push', url, 'main:other/name', '--json'], { cwd });
    expect(refused.code).toBe(EXIT.conflict);
    expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'non-fast-forward' } });
    expect(refused.err).toContain('--force');
    const forced = JSON.parse(
      (await musehub(['push', url, 'main:other/name', '-f', '--json'], { cwd })).out,
    );
    expect(forced.pushes[0]).toMatchObject({ kind: 'force', old_head: base });
    expect((await musehub(['push', url, '--delete', 'other/name'], { cwd })).out).toContain(
      'delete',
    );
    expect((await musehub(['push', url, '--delete', 'other/name'], { cwd })).code).toBe(
      EXIT.notFound,
    );
  });

  it('gets all branches that it takes, though one is refused', async () => {
    const url = await newRemote();
    const muse = await MuseFolder.make();
    muse.line('a', 1);
    const [, old] = muse.line('b', 2);
    await musehub(['push', url, 'b'], { cwd: muse.root });
    muse.line('b', 1, null, 'unrelated');
    muse.line('c', 1);
    const { code, out, err } = await musehub(['push', url, 'a', 'b', 'c', '--json'], {
      cwd: muse.root,
    });
    expect(code).toBe(EXIT.conflict);
    expect(err).toContain('error[non-fast-forward]');
    const { pushes } = JSON.parse(out);
    expect(
      pushes.map((p: { kind?: string; error?: { code: string } }) => p.kind ?? p.error?.code),
    ).toEqual(['create', 'non-fast-forward', 'create']);
    expect(old).toBeDefined();
  });

  it('must be there, and so must its remote and its branch', async () => {
    const muse = await MuseFolder.make();
    const cases: [string[], string, string][] = [
      [['push'], tempFolder(), 'not-a-repository'],
      [['fetch'], tempFolder(), 'not-a-repository'],
      [['push'], muse.root, 'unknown-remote'],
      [['fetch', 'nowhere'], muse.root, 'unknown-remote'],
      [['push', 'http://127.0.0.1:9/a/b', 'main'], muse.root, 'unknown-branch'],
      [['push', 'http://127.0.0.1:9/a/b', 'a..b'], muse.root, 'bad-branch-name'],
      [['push', 'http://127.0.0.1:9/a/b', '--all', 'main'], muse.root, 'usage'],
      [['import-git', tempFolder()], tempFolder(), 'bad-git-repository'],
    ];
    for (const [argv, cwd, code] of cases) {
      const { err } = await musehub(argv, { cwd });
      expect(err, argv.join(' ')).toContain(`error[${code}]`);
    }
    muse.line('main', 1);
    const { code } = await musehub(['push', 'http://127.0.0.1:9/a/b', 'main'], { cwd: muse.root });
    expect(code).toBe(EXIT.network);
  });

  it('comes from git, with what was left out told', async () => {
    const folder = path.join(tempFolder(), 'project');
    mkdirSync(folder);
    const git = async (...args: string[]) => {
      const child = spawn('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        cwd: folder,
        stdio: 'ignore',
      });
      await once(child, 'close');
    };
    await git('init', '-q', '-b', 'main');
    writeFileSync(path.join(folder, 'run.sh'), '', { mode: 0o755 });
    await git('add', '.');
    await git('commit', '-q', '-m', 'feat: one');
    await git('tag', 'v1');
    const cwd = tempFolder();
    const { code, out } = await musehub(['import-git', folder, '--checkout'], { cwd });
    expect(code).toBe(0);
    expect(out).toContain('1 new commit of 1');
    expect(out).toContain('1 executable file');
    expect(out).toContain('1 tag left out');
    expect(readdirSync(path.join(cwd, 'project-muse')).sort()).toEqual(['.muse', 'run.sh']);
    const again = JSON.parse((await musehub(['import-git', folder, '--json'], { cwd })).out);
    expect(again).toMatchObject({
      commits_new: 0,
      commits_total: 1,
      tags: ['v1'],
      default_branch: 'main',
    });
  });
});

describe('text on a terminal', () => {
  it('has no control characters, marks of direction or halves of characters', () => {
    expect(forTerminal('a\u001b[31mred\u0007\r\nb\tc')).toBe('a\\x1b[31mred\\x07\\x0d\\nb\\tc');
    expect(forTerminal('\u009b2J\u202etxt.exe\u2066\u2028')).toBe(
      '\\x9b2J\\u202etxt.exe\\u2066\\u2028',
    );
    expect(forTerminal('é 日本 😀 \ud83d')).toBe('é 日本 😀 \ufffd');
    const value = { a: '\u001b\u009b\u202e\u007f', 'k\u0085': 1 };
    expect(jsonForTerminal(value)).not.toMatch(/[\u007f-\u009f\u202e]/);
    expect(JSON.parse(jsonForTerminal(value))).toEqual(value);
  });

  it('stays clean whatever a hub says', async () => {
    const evil = '\u001b]0;owned\u0007\u202e\r\nerror';
    const muse = await MuseFolder.make();
    const [id] = muse.line('main', 1);
    const url = await newRemote();
    const result: ResultFrame = {
      type: 'R',
      pushId: 'x',
      seq: 1,
      branch: `main${evil}`,
      kind: 'create',
      oldHead: null,
      newHead: id!,
      objectsNew: 1,
      objectsReused: 0,
      commitsNew: 1,
      snapshotsNew: 1,
      bytesReceived: 1,
      bytesStored: 1,
      durationMs: 1,
      branchHeads: {},
      url: `http://x/${evil}`,
      warnings: [{ code: `w${evil}`, message: evil }],
    };
    server.intercept = ({ path: where }, request, response) => {
      if (!where.endsWith('/push/stream')) return null;
      request.resume();
      response.writeHead(200, { 'content-type': STREAM_MIME_TYPE });
      response.end(encodeReplyFrame(result, 'bare'));
      return true;
    };
    const pushed = await musehub(['push', url, 'main'], { cwd: muse.root });
    expect(pushed.code).toBe(0);
    expect(pushed.out).toContain('owned');
    server.intercept = (_, __, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ t: 'X', code: 'access-denied', message: evil, detail: {} }));
      return true;
    };
    const refused = await musehub(['push', url, 'main'], { cwd: muse.root });
    expect(refused.code).toBe(EXIT.auth);
    expect(refused.err).toContain('owned');
    for (const text of [pushed.out, pushed.err, refused.err]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it('shows a bar on a terminal, drawn over and removed, and lines elsewhere', () => {
    let now = 0;
    const state = {
      phase: 'sending',
      done: 5,
      total: 10,
      noun: 'object',
      bytes: 512,
      bytesTotal: 1024,
    };
    const screen = Object.assign(new Sink(), { isTTY: true, columns: 60 });
    const bar = new ProgressLine(screen, () => now);
    bar.update(state);
    expect(screen.text).toBe(
      '\r\u001b[Ksending   [##########..........]  50% 5/10 objects 512 B/1.',
    );
    bar.update({ ...state, done: 6 });
    expect(screen.text).not.toContain('6/10');
    bar.clear();
    expect(screen.text.endsWith('\r\u001b[K')).toBe(true);
    const log = new Sink();
    const lines = new ProgressLine(log, () => now);
    for (now = 0; now <= 25_000; now += 500) lines.update({ ...state, bytes: now });
    expect(log.text.trimEnd().split('\n')).toHaveLength(2);
    expect(log.text).toMatch(/^sending +\d+% 5\/10 objects/);
    lines.clear();
    expect(log.text).not.toContain('\u001b');
  });

  it('writes numbers with a comma before every three digits', () => {
    for (const number of [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000])
      expect(numberText(number)).toBe(number.toLocaleString('en-US'));
  });

  it('has sizes for people', () => {
    expect([0, 999, 1024, 1536, 20 * 1024, 5 * 1024 ** 3].map(bytesText)).toEqual([
      '0 B',
      '999 B',
      '1.0 KiB',
      '1.5 KiB',
      '20 KiB',
      '5.0 GiB',
    ]);
  });
});

describe('what is said to do about a refusal', () => {
  it('blames this program for a wrong frame only, not for what a person asked', () => {
    const days = refusal('bad-frame', 'A token is valid for 1 to 366 days.', { field: 'days' });
    expect(days.fix).toBe('Change what it is about, then run the command again.');
    const frame = refusal('bad-frame', 'The field id is missing.', { frame: 'O', field: 'id' });
    expect(frame.fix).toBe('The client that wrote it needs mending.');
  });
});

describe('exit codes', () => {
  it('tell apart what scripts need', () => {
    const groups: [number, ErrorCode[]][] = [
      [EXIT.refused, ['branch-protected', 'object-refused', 'bad-path', 'signature-required']],
      [
        EXIT.auth,
        [
          'unauthenticated',
          'token-expired',
          'token-revoked',
          'insufficient-scope',
          'access-denied',
        ],
      ],
      [EXIT.notFound, ['repo-not-found', 'branch-not-found']],
      [
        EXIT.conflict,
        ['non-fast-forward', 'stale-head', 'commit-record-conflict', 'push-id-conflict'],
      ],
      [EXIT.limit, ['limit-exceeded', 'quota-exceeded', 'rate-limited']],
      [EXIT.network, ['database-unavailable', 'shutting-down', 'storage-unavailable']],
      [EXIT.internal, ['internal']],
    ];
    for (const [code, errors] of groups)
      for (const error of errors) expect(exitCodeOf(error), error).toBe(code);
  });

  it('follow from the status of a refusal, with the exceptions that docs/errors.md names', () => {
    const { auth, notFound, conflict, limit, network, internal, refused } = EXIT;
    const ofStatus: Record<number, number> = {
      ...{ 401: auth, 403: auth, 404: notFound, 409: conflict, 413: limit, 429: limit },
      ...{ 500: internal, 503: network },
    };
    const others: Partial<Record<ErrorCode, number>> = {
      ...{ 'branch-protected': refused, 'storage-full': limit },
      ...{ 'too-slow': network, 'truncated-stream': network },
    };
    for (const [code, { status }] of Object.entries(ERRORS) as [ErrorCode, { status: number }][]) {
      expect(exitCodeOf(code), code).toBe(others[code] ?? ofStatus[status] ?? refused);
    }
  });
});

describe('the process', () => {
  const start = (argv: string[]) =>
    spawn(process.execPath, ['--import', 'tsx', path.resolve('src/cli/main.ts'), ...argv], {
      cwd: path.resolve('.'),
      env: { ...process.env, HOME: home, MUSEHUB_TOKEN: server.token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('ends with 130 on Ctrl-C and leaves nothing half-made', async () => {
    const url = await newRemote();
    const folder = path.join(tempFolder(), 'copy');
    const asked = new Promise<void>((resolve) => {
      server.intercept = ({ path: where }) => {
        if (!where.endsWith('/refs')) return null;
        resolve();
        return true;
      };
    });
    const child = start(['clone', url, folder]);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    await asked;
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(err).toContain('error[interrupted]');
    expect(existsSync(folder)).toBe(false);
  });

  it('writes its result to stdout and ends with its exit code', async () => {
    const child = start(['whoami', server.url, '--json']);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ handle: 'ada' });
  });
});
