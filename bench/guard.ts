import fs from 'node:fs';
import path from 'node:path';
import type { Report } from './report';
import { runBench } from './run-bench';
import { GUARD } from './scenarios';

/**
 * `npm run bench:guard`: a short run, which fails when the hub has become slower beside git than
 * recorded, by more than half. `--record` writes what it finds as the record instead.
 *
 * Held against each other are the least times of interleaved rounds, which whatever else the machine
 * does disturbs least.
 */

const ROUNDS = 3;
const SLOWER_MAX = 1.5;
const LETTERS = ['a', 'b', 'd'];
const RECORD = path.join(import.meta.dirname, 'results', 'guard.json');

type Ratios = Record<string, { whole: number; server: number }>;

const report = await runBench({
  sizes: GUARD,
  rounds: ROUNDS,
  only: LETTERS,
  tuned: false,
  tell: (text) => console.error(text),
});
const found = ratiosOf(report);
if (process.argv.includes('--record')) {
  fs.writeFileSync(RECORD, `${JSON.stringify(found, null, 2)}\n`);
  console.log(`recorded in ${RECORD}`);
} else {
  compare(found, JSON.parse(fs.readFileSync(RECORD, 'utf8')));
}

function ratiosOf({ rows }: Report): Ratios {
  const ratios: Ratios = {};
  for (const { name, least } of rows) {
    const { hub, git } = least;
    if (!LETTERS.includes(name) || !hub || !git) continue;
    const round = (ratio: number) => Math.round(ratio * 100) / 100;
    ratios[name] = {
      whole: round(hub.wholeMs / git.wholeMs),
      server: round(hub.serverMs / git.serverMs),
    };
  }
  return ratios;
}

function compare(now: Ratios, recorded: Ratios): void {
  let failed = false;
  for (const name of LETTERS) {
    for (const clock of ['whole', 'server'] as const) {
      const [is, was] = [now[name]?.[clock], recorded[name]?.[clock]];
      if (is === undefined || was === undefined) throw new Error(`(${name}) was not measured`);
      const slower = is > was * SLOWER_MAX;
      failed ||= slower;
      const verdict = slower ? 'SLOWER' : 'ok';
      console.log(
        `${name} ${clock.padEnd(6)} hub/git ${is.toFixed(2)}, recorded ${was.toFixed(2)}: ${verdict}`,
      );
    }
  }
  process.exitCode = failed ? 1 : 0;
}
