// What a build consists of, and whether it is still needed. Used by build.mjs and test.mjs.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
    ],
    // The command line program is none of the pages' business.
    except: ['src/cli', 'src/client', 'src/server/main.ts'],
    output: '.next/BUILD_ID',
    run: () => runTool('next', ['build']),
  },
  {
    name: 'programs',
    inputs: [...shared, 'src', 'prisma/schema.prisma'],
    except: ['src/app'],
    output: 'dist/main.js',
    run: bundlePrograms,
  },
];

/** dist/main.js is the hub, dist/musehub.js the command line program. */
async function bundlePrograms() {
  const programs = { main: 'src/server/main.ts', musehub: 'src/cli/main.ts' };
  const entryPoints = Object.fromEntries(
    Object.entries(programs).filter(([, file]) => fs.existsSync(path.join(projectFolder, file))),
  );
  await build({
    absWorkingDir: projectFolder,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

/**
 * Does the steps whose inputs changed since they were done last; `report` is told each one's name.
 * Several builds of one folder at a time take turns.
 */
export async function buildIfNeeded(report = () => {}) {
  const unlock = await lockBuild();
  try {
    for (const step of steps) {
      const stamp = path.join(projectFolder, 'dist', `.${step.name.replaceAll(' ', '-')}-stamp`);
      const now = hashInputs(step);
      const done = fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === now;
      if (done && fs.existsSync(path.join(projectFolder, step.output))) continue;
      report(step.name);
      fs.rmSync(stamp, { force: true });
      await step.run();
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
