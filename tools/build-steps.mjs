// What a build consists of, and whether it is still needed. Used by build.mjs and test.mjs.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { packProgram } from '../bin/program-file.cjs';
import { compressFiles } from './compress-files.mjs';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const binFolder = path.join(projectFolder, 'node_modules', '.bin');

/** No program of ours reports to anyone or asks for its updates. */
export const quietEnv = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
};

/** Runs a program of node_modules; its output is shown when it fails, or always when `loud`. */
export async function runTool(name, args, { loud = false, env = {} } = {}) {
  const child = spawn(path.join(binFolder, name), args, {
    cwd: projectFolder,
    env: { ...quietEnv, ...env },
    stdio: loud ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const output = [];
  child.stdout?.on('data', (part) => output.push(part));
  child.stderr?.on('data', (part) => output.push(part));
  const [code] = await once(child, 'close');
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  throw new Error(`${name} ${args.join(' ')} failed with exit code ${code}`);
}

const shared = ['package-lock.json', 'tsconfig.json', 'tools/build-steps.mjs'];

/** Each step: what it reads, what it leaves behind, and how it is done. */
export const steps = [
  {
    name: 'database client',
    inputs: ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'],
    output: 'src/server/postgres/generated/client.ts',
    run: () => runTool('prisma', ['generate']),
  },
  {
    name: 'pages',
    inputs: [
      ...shared,
      'src',
      'public',
      'prisma/schema.prisma',
      'next.config.mjs',
      'postcss.config.mjs',
      'tools/compress-files.mjs',
    ],
    // The command line program is none of the pages' business.
    except: [
      'src/cli',
      'src/client',
      'src/server/main.ts',
      'src/server/fsck-main.ts',
      'src/server/fsck',
      'src/server/backup-main.ts',
    ],
    output: 'dist/pages-folder',
    run: buildPages,
  },
  {
    name: 'programs',
    inputs: [...shared, 'bin', 'src', 'prisma/schema.prisma', 'dist/pages-folder'],
    except: ['src/app'],
    output: 'dist/main.js',
    run: bundlePrograms,
  },
];

/**
 * Makes the pages in a folder named by their inputs, `.next/<hash>`, and then points to it in
 * dist/pages-folder. A hub that runs from an earlier folder is not disturbed.
 */
async function buildPages(inputsHash) {
  const folder = path.join('.next', inputsHash.slice(0, 16));
  const absolute = path.join(projectFolder, folder);
  const whole = path.join(absolute, 'compressed');
  if (!fs.existsSync(whole)) {
    fs.rmSync(absolute, { recursive: true, force: true });
    const cache = path.join(projectFolder, '.next', 'cache');
    fs.mkdirSync(absolute, { recursive: true });
    if (fs.existsSync(cache)) fs.renameSync(cache, path.join(absolute, 'cache'));
    const tsconfig = path.join('dist', 'tsconfig.pages.json');
    fs.writeFileSync(path.join(projectFolder, tsconfig), '{ "extends": "../tsconfig.json" }\n');
    const env = { HUB_PAGES_FOLDER: folder, HUB_PAGES_TSCONFIG: tsconfig, NODE_ENV: 'production' };
    await runTool('next', ['build'], { env }).finally(() => {
      // What Next keeps for the next build, wherever that will be.
      const kept = path.join(absolute, 'cache');
      if (fs.existsSync(kept)) fs.renameSync(kept, cache);
    });
    await compressFiles(path.join(absolute, 'static'));
    fs.writeFileSync(whole, '');
  }
  writeWhole(path.join(projectFolder, 'dist', 'pages-folder'), folder);
  removeOldPages(absolute);
}

const pagesFolder = () =>
  fs.readFileSync(path.join(projectFolder, 'dist', 'pages-folder'), 'utf8').trim();

/** A hub that runs shows every few minutes that it still serves from its folder. */
const OLD_PAGES_MS = 60 * 60 * 1000;

function removeOldPages(current) {
  const parent = path.dirname(current);
  for (const name of fs.readdirSync(parent).filter((each) => /^[0-9a-f]{16}$/.test(each))) {
    const folder = path.join(parent, name);
    const isOld = Date.now() - fs.statSync(folder).mtimeMs > OLD_PAGES_MS;
    if (folder !== current && isOld) fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file so that a reader sees the old or the new one, never half of it. */
function writeWhole(file, text) {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

/**
 * dist/main.js is the hub with its threads' programs, its checker and its backup beside it;
 * dist/musehub.program the command line program.
 */
async function bundlePrograms() {
  const outdir = path.join(projectFolder, 'dist', 'new');
  const options = {
    absWorkingDir: projectFolder,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    // A hub serves the pages that were built with it, whatever was built since.
    define: { 'process.env.HUB_PAGES_BUILT': JSON.stringify(pagesFolder()) },
    logLevel: 'warning',
  };
  const hub = {
    main: 'src/server/main.ts',
    'compute-worker': 'src/server/compute/compute-worker.ts',
    'check-worker': 'src/server/compute/check-worker.ts',
    'fsck-main': 'src/server/fsck-main.ts',
    'backup-main': 'src/server/backup-main.ts',
  };
  await build({ ...options, entryPoints: hub, packages: 'external' });
  await bundleClient(outdir);
  await stop(); // else its helper process stays as long as ours
  for (const name of fs.readdirSync(outdir)) {
    fs.renameSync(path.join(outdir, name), path.join(projectFolder, 'dist', name));
  }
}

/** One file with all that the program needs, and that small: every command finds and reads it. */
async function bundleClient(outdir) {
  const { outputFiles } = await build({
    absWorkingDir: projectFolder,
    entryPoints: { musehub: 'src/cli/main.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    minify: true,
    // CommonJS, where nothing is loaded before it is needed: with ES modules Node loads every part
    // of what a name is imported from.
    format: 'cjs',
    supported: { 'dynamic-import': false },
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const program = packProgram('musehub', outputFiles[0].text);
  fs.mkdirSync(outdir, { recursive: true });
  fs.writeFileSync(path.join(outdir, 'musehub.program'), program);
}

/**
 * Does the steps whose inputs changed since they were done last; `report` is told each one's name.
 * Several builds of one folder at a time take turns. With MUSEHUB_BUILD=keep a build that is there
 * is taken as it is, which is how a test run uses one build throughout.
 */
export async function buildIfNeeded(report = () => {}) {
  const isThere = steps.every((step) => fs.existsSync(path.join(projectFolder, step.output)));
  if (process.env.MUSEHUB_BUILD === 'keep' && isThere) return;
  const unlock = await lockBuild();
  try {
    for (const step of steps) {
      const stamp = path.join(projectFolder, 'dist', `.${step.name.replaceAll(' ', '-')}-stamp`);
      const now = hashInputs(step);
      const done = fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === now;
      if (done && fs.existsSync(path.join(projectFolder, step.output))) continue;
      report(step.name);
      fs.rmSync(stamp, { force: true });
      await step.run(now);
      fs.mkdirSync(path.dirname(stamp), { recursive: true });
      fs.writeFileSync(stamp, now);
    }
  } finally {
    unlock();
  }
}

/** A digest of the names and contents of a step's inputs, and of what they are built with. */
function hashInputs({ inputs, except = [] }) {
  const hash = createHash('sha256').update(process.version);
  const skipped = new Set([...except, 'src/server/postgres/generated']);
  const visit = (relative) => {
    const file = path.join(projectFolder, relative);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (!stat || skipped.has(relative)) return;
    if (stat.isDirectory()) {
      for (const name of fs.readdirSync(file).sort()) visit(`${relative}/${name}`);
    } else {
      hash.update(`\0${relative}\0${stat.size}\0`).update(fs.readFileSync(file));
    }
  };
  inputs.forEach(visit);
  return hash.digest('hex');
}

async function lockBuild() {
  const file = path.join(projectFolder, 'dist', '.build-lock');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(holderOf(file))) fs.rmSync(file, { force: true });
    await delay(200);
  }
}

function holderOf(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8')) || process.pid; // empty: it is being written
  } catch {
    return process.pid; // let go meanwhile: not stale
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return pid > 0;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
