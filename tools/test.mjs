// `npm test`: every tier, and at the very end one line with the sum: `N passed, N failed`.
// `npm test -- tests/1-codec` runs only those files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildIfNeeded, projectFolder, quietEnv } from './build-steps.mjs';

const total = { passed: 0, failed: 0, skipped: 0 };
const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-reports-'));
const only = process.argv.slice(2);

function count({ passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

/** Runs a program of node_modules with our own output; resolves with its exit code. */
async function run(name, args, env = {}) {
  console.log(`\n── ${name} ${args.join(' ')}`);
  const program = path.join(projectFolder, 'node_modules', '.bin', name);
  const child = spawn(program, args, {
    cwd: projectFolder,
    // The build was made above; a test that needs it must not make another.
    env: { ...quietEnv, MUSEHUB_BUILD: 'keep', ...env },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  return code ?? 1;
}

/** A check that passes or fails as a whole counts as one test. */
async function check(name, args) {
  count((await run(name, args)) === 0 ? { passed: 1 } : { failed: 1 });
}

/** A runner counts its own tests; one that fails without a failed test counts as one failure. */
async function runTests(name, args, env, report, countsOf) {
  const code = await run(name, args, env);
  const counts = fs.existsSync(report)
    ? countsOf(JSON.parse(fs.readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  count(counts);
}

async function runVitest() {
  const report = path.join(reports, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  await runTests('vitest', ['run', ...reporters, ...only], {}, report, (result) => {
    const broken = result.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some(isFailed),
    );
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + broken.length,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  });
}

const isFailed = (test) => test.status === 'failed';

async function runPlaywright() {
  if (!fs.existsSync(path.join(projectFolder, 'playwright.config.ts'))) return;
  const report = path.join(reports, 'playwright.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  await runTests('playwright', ['test', '--reporter=list,json'], env, report, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}

try {
  await buildIfNeeded((step) => console.log(`building ${step} …`));
  count({ passed: 1 });
} catch (error) {
  console.error(error.message);
  count({ failed: 1 });
}
if (only.length === 0) {
  await check('tsc', ['--noEmit', '-p', '.']);
  await check('biome', ['check']);
}
await runVitest();
if (only.length === 0) await runPlaywright();
fs.rmSync(reports, { recursive: true, force: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
