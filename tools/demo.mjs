// `npm run demo`: a hub with this project's own history in it, from nothing to a page to look at.
//
// It builds, starts the hub, makes the repository admin/musehub, turns the git history into a Muse
// repository, pushes that over the wire, says where to look, and serves until Ctrl-C. It may be run
// again: what is there stays, what is new is added.
//
//   npm run demo -- --source FOLDER     the history, or the files, of another project
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfNeeded, projectFolder, quietEnv } from './build-steps.mjs';
import { hubFlags } from './hub-flags.mjs';

const { values } = parseArgs({ options: { source: { type: 'string' } } });
const source = path.resolve(values.source ?? projectFolder);
const slug = values.source ? slugOf(source) : 'musehub';
const dataFolder = path.resolve(projectFolder, process.env.MUSEHUB_DATA || '.musehub');
const hubUrl = `http://${process.env.HOST || 'localhost'}:${process.env.PORT || 3000}`;

const say = (text) => console.log(text);

function slugOf(folder) {
  return path.basename(folder).replace(/[^A-Za-z0-9._-]+/g, '-') || 'project';
}

/** Starts the hub and waits until it is ready; its own words go where ours go. */
async function startHub() {
  const hub = spawn(process.execPath, [...hubFlags, path.join(projectFolder, 'dist', 'main.js')], {
    cwd: projectFolder,
    env: { MUSEHUB_LOG_LEVEL: 'warn', ...quietEnv, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // it hears signals from here, each once, as under tools/start.mjs
  });
  const ended = once(hub, 'exit').then(([code]) => process.exit(code ?? 1));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => hub.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  await Promise.race([firstLine(hub.stdout, 'musehub is at '), ended]);
  return { hub, ended };
}

async function firstLine(stream, beginning) {
  let said = '';
  await new Promise((resolve) => {
    stream.on('data', (part) => {
      said += part;
      if (said.includes(beginning)) resolve();
    });
  });
}

async function makeRepository(token) {
  const answer = await fetch(`${hubUrl}/api/repos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      slug,
      visibility: 'public',
      description: values.source ? '' : 'A code host for Muse: this very program.',
    }),
  });
  if (answer.status !== 201 && answer.status !== 409) {
    throw new Error(`The repository could not be made: ${answer.status} ${await answer.text()}`);
  }
}

/** Runs the command line program as a person would; its progress is shown. */
async function musehub(args, options = {}) {
  const program = path.join(projectFolder, 'bin', 'musehub.cjs');
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit', ...options });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`musehub ${args[0]} failed with exit code ${code}`);
}

/** The source's own git repository; else, one made of its files. */
function gitRepository() {
  const git = (...args) => spawnSync('git', ['-C', source, ...args], { encoding: 'utf8' });
  if (git('--version').error) {
    throw new Error('The demo reads a project with git; install git and run it again.');
  }
  const root = git('rev-parse', '--show-toplevel').stdout.trim();
  const hasCommits = git('rev-parse', '--verify', '--quiet', 'HEAD').status === 0;
  if (root && fs.realpathSync(root) === fs.realpathSync(source) && hasCommits) return source;
  say('There is no git history here: the files are taken as one commit.');
  return commitFiles(path.join(dataFolder, 'demo', `${slug}.git`));
}

/** Keeps a git repository outside of the source, and commits what the files are now. */
function commitFiles(gitFolder) {
  const identity = ['-c', 'user.name=musehub demo', '-c', 'user.email=demo@musehub.invalid'];
  const git = (...args) =>
    execFileSync('git', [...identity, `--git-dir=${gitFolder}`, `--work-tree=${source}`, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
  if (!fs.existsSync(gitFolder)) {
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', gitFolder]);
  }
  git('add', '--all');
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  if (changed) git('commit', '--quiet', '--no-verify', '--message', 'chore: the files as they are');
  return gitFolder;
}

async function fill(token) {
  const muse = path.join(dataFolder, 'demo', slug);
  fs.mkdirSync(path.dirname(muse), { recursive: true });
  say(`\n→ turning the history of ${source} into a Muse repository`);
  await musehub(['import-git', gitRepository(), '--into', muse]);
  say('\n→ pushing it over the wire');
  const address = `${hubUrl}/admin/${slug}`;
  const env = { ...process.env, MUSEHUB_URL: hubUrl, MUSEHUB_TOKEN: token };
  await musehub(['push', address, '--all'], { cwd: muse, env });
}

async function main() {
  await buildIfNeeded((step) => say(`→ building ${step} (once)`));
  say('→ starting the hub');
  const { hub, ended } = await startHub();
  const tokenFile = path.join(dataFolder, 'admin-token');
  try {
    const token = fs.readFileSync(tokenFile, 'utf8').trim();
    await makeRepository(token);
    await fill(token);
  } catch (error) {
    console.error(`\n${error.message}`);
    hub.kill('SIGTERM');
    process.exitCode = 1;
    await ended;
  }
  say(`
  look      ${hubUrl}/admin/${slug}
  sign in   ${hubUrl}/login
            as "admin" with the access token in ${tokenFile}
  push      node bin/musehub.cjs push --help

Ctrl-C stops the hub; its data stays in ${dataFolder}.`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
