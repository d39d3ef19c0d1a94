import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuild, freePort } from '~tests/support/hub';
import { projectFolder } from '../../tools/build-steps.mjs';

beforeAll(() => ensureBuild(), 600_000);

let folder: string;
let port: number;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-demo-'));
  port = await freePort();
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  fs.rmSync(folder, { recursive: true });
});

const dataFolder = () => path.join(folder, 'data');

/** Runs a program of tools/ until it says something, or ends. */
async function runUntil(tool: string, said: string, ...args: string[]) {
  const child = spawn(process.execPath, [path.join('tools', tool), ...args], {
    cwd: projectFolder,
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      MUSEHUB_DATA: dataFolder(),
      HOME: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let output = '';
  await new Promise<void>((resolve) => {
    const take = (part: Buffer) => {
      output += part;
      if (output.includes(said)) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', () => resolve());
  });
  return { child, output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = await ended;
  return code;
}

const refs = async (slug: string) =>
  (await (await fetch(`http://127.0.0.1:${port}/admin/${slug}/refs`)).json()) as {
    branch_heads: Record<string, string>;
  };

function newProject(): string {
  const source = path.join(folder, 'my project');
  fs.mkdirSync(path.join(source, 'src'), { recursive: true });
  fs.writeFileSync(path.join(source, 'README.md'), '# My project\n');
  fs.writeFileSync(path.join(source, 'src', 'main.js'), 'console.log(1);\n');
  return source;
}

describe('the demo', () => {
  it('shows files without a history, adds what is new the next time, and ends by Ctrl-C', async () => {
    const source = newProject();
    const first = await runUntil('demo.mjs', 'Ctrl-C', '--source', source);
    expect(first.output).toContain('There is no git history here');
    expect(first.output).toContain(`look      http://127.0.0.1:${port}/admin/my-project`);
    const { main: before } = (await refs('my-project')).branch_heads;
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const page = await fetch(`http://127.0.0.1:${port}/admin/my-project`);
    expect(await page.text()).toContain('README.md');
    expect(await end(first.child, 'SIGINT')).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();

    fs.writeFileSync(path.join(source, 'src', 'more.js'), 'console.log(2);\n');
    const second = await runUntil('demo.mjs', 'Ctrl-C', '--source', source);
    expect(second.output).toContain('fast-forward');
    const { main: after } = (await refs('my-project')).branch_heads;
    expect(after).not.toBe(before);
    expect(await end(second.child, 'SIGTERM')).toBe(0);

    const third = await runUntil('demo.mjs', 'Ctrl-C', '--source', source);
    expect(third.output).toContain('up to date');
    expect((await refs('my-project')).branch_heads).toEqual({ main: after });
    expect(await end(third.child, 'SIGINT')).toBe(0);
    expect(fs.readdirSync(source).sort()).toEqual(['README.md', 'src']);
  }, 180_000);

  it('shows a shallow clone from where its history was cut', async () => {
    const origin = newProject();
    const git = (cwd: string, ...args: string[]) =>
      execFileSync(
        'git',
        ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-C', cwd, ...args],
        { stdio: 'pipe' },
      );
    git(origin, 'init', '--quiet', '--initial-branch=main');
    for (const message of ['one', 'two', 'three']) {
      fs.appendFileSync(path.join(origin, 'README.md'), `${message}\n`);
      git(origin, 'add', '--all');
      git(origin, 'commit', '--quiet', '--message', message);
    }
    const clone = path.join(folder, 'clone');
    git(folder, 'clone', '--quiet', '--depth', '2', `file://${origin}`, clone);
    const { output } = await runUntil('demo.mjs', 'Ctrl-C', '--source', clone);
    expect(output).toContain('2 new commits of 2');
    expect((await refs('clone')).branch_heads.main).toMatch(/^[0-9a-f]{64}$/);
  }, 180_000);

  it('leaves the sign-in of the person who runs it alone', async () => {
    await runUntil('demo.mjs', 'Ctrl-C', '--source', newProject());
    expect(fs.readdirSync(folder).sort()).toEqual(['data', 'my project']);
  }, 180_000);

  it('says why it does not start', async () => {
    const blocker = await runUntil('start.mjs', 'musehub is at ');
    const { child, output } = await runUntil('demo.mjs', 'Ctrl-C', '--source', newProject());
    expect(output).toMatch(/musehub: Another hub \(process \d+ on .* works in/);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(await end(blocker.child, 'SIGTERM')).toBe(0);
  }, 180_000);
});
