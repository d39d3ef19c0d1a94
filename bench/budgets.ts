import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { startHub } from '~tests/support/hub';
import { projectFolder } from '../tools/build-steps.mjs';
import { BUDGETS, type PageFigures, type Report, tableOf, verdictOf } from './budget-report';
import { type Measured, prepareRepositories } from './budget-repositories';
import { cpuMsOf, figuresInBrowser, percentile, timeOf } from './page-figures';

/**
 * `npm run budgets [-- --requests 20] [--json file] [--data folder] [--commits 100000]`: measures
 * the pages that are read, on the production build, against the budgets of docs/budgets.md. Fails
 * when one is exceeded.
 *
 * It needs nothing but `npm ci` and a Chromium: it builds, starts a hub of its own and makes the
 * repositories, which takes minutes the first time; they are kept in the data folder.
 */

/** Requests before those that are measured: code that is run often is compiled, caches are filled. */
const WARM_UP = 3;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20' },
    commits: { type: 'string', default: '100000' },
    data: { type: 'string', default: path.join(projectFolder, '.budgets') },
    json: { type: 'string' },
  },
});
const requests = Number(values.requests);
const chromiumPath = process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '/usr/bin/chromium';
if (!fs.existsSync(chromiumPath)) {
  console.error(
    `error: there is no ${chromiumPath}; name a Chromium in PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH`,
  );
  process.exit(2);
}
fs.mkdirSync(values.data, { recursive: true });
// The database runs as another user when this is root's.
fs.chmodSync(values.data, 0o755);
const hub = await startHub({ dataFolder: path.join(values.data, 'hub') });
try {
  const repositories = await prepareRepositories(hub, Number(values.commits));
  // What a start costs is told apart: all code is loaded by the small repository first.
  await hub.stop();
  await hub.start();
  const figures: PageFigures[] = [];
  for (const repository of repositories) {
    for (const [page, address] of Object.entries(pagesOf(repository))) {
      figures.push(await measured(repository, page, address));
      console.error(`${repository.name}, ${page}: ${figures.at(-1)!.p95Ms.toFixed(0)} ms`);
    }
  }
  const browser = await chromium.launch({ executablePath: chromiumPath });
  try {
    for (const row of figures)
      Object.assign(row, await figuresInBrowser(browser, hub, row.address));
  } finally {
    await browser.close();
  }
  const report: Report = {
    at: new Date().toISOString(),
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    load: os.loadavg().map((load) => Number(load.toFixed(2))),
    requests,
    figures,
  };
  console.log(tableOf(report));
  const json = values.json ?? path.join(values.data, 'report.json');
  fs.writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`The figures as JSON: ${json}`);
  const exceeded = figures.filter((row) => verdictOf(row).length > 0);
  console.log(
    exceeded.length === 0
      ? `All within: ${BUDGETS}`
      : `${exceeded.length} of ${figures.length} pages exceed: ${BUDGETS}`,
  );
  process.exitCode = exceeded.length === 0 ? 0 : 1;
} finally {
  await hub.dispose();
}

async function measured(
  { name, loadsCode }: Measured,
  page: string,
  address: string,
): Promise<PageFigures> {
  const first = await timeOf(hub, address);
  for (let n = 0; n < WARM_UP; n++) await timeOf(hub, address);
  const began = cpuMsOf(hub.pid);
  const times = [];
  for (let n = 0; n < requests; n++) times.push(await timeOf(hub, address));
  return {
    ...{ repository: name, page, address, firstMs: first.wholeMs, firstIsFree: loadsCode },
    p50Ms: percentile(times, 0.5, 'wholeMs'),
    p95Ms: percentile(times, 0.95, 'wholeMs'),
    cpuMs: began === null ? null : (cpuMsOf(hub.pid)! - began) / requests,
    ttfbMs: percentile(times, 0.95, 'ttfbMs'),
    ...{ lcpMs: 0, cls: 0, scriptBytes: 0, thirdParty: 0 },
  };
}

function pagesOf({ slug, folder, branch, newest, oldest, beforeOldest }: Measured) {
  const repo = `/admin/${slug}`;
  return {
    home: repo,
    tree: `${repo}/tree/main${folder && `/${folder}`}`,
    'commits, newest': `${repo}/commits`,
    'commits, oldest': `${repo}/commits?after=${beforeOldest}`,
    'commits, none found': `${repo}/commits?author=nobody-has-this-name`,
    'commit, newest': `${repo}/commits/${newest}`,
    'commit, oldest': `${repo}/commits/${oldest}`,
    'diff, newest': `${repo}/commits/${newest}/diff`,
    'diff, oldest': `${repo}/commits/${oldest}/diff`,
    branches: `${repo}/branches`,
    ...(branch === null ? {} : { 'commits of a branch': `${repo}/commits?branch=${branch}` }),
    pushes: `${repo}/pushes`,
    tags: `${repo}/tags`,
    search: `/search?q=${encodeURIComponent(`change repo:admin/${slug}`)}&kind=commits`,
  };
}
