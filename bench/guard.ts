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
 * does disturbs least; and what is slower is measured again before it counts.
 */

const ROUNDS = 3;
const ATTEMPTS = 3;
const SLOWER_MAX = 1.5;
const LETTERS = ['a', 'b', 'd'];
const CLOCKS = ['whole', 'server'] as const;
const RECORD = path.join(import.meta.dirname, 'guard.json');

type Ratios = Record<string, Record<(typeof CLOCKS)[number], number>>;

if (process.argv.includes('--record')) {
  const found = await measure(LETTERS);
  fs.writeFileSync(RECORD, `${JSON.stringify(found, null, 2)}\n`);
  console.log(`recorded in ${RECORD}`);
} else {
  const recorded = JSON.parse(fs.readFileSync(RECORD, 'utf8')) as Ratios;
  let letters = LETTERS;
  for (let attempt = 1; attempt <= ATTEMPTS && letters.length > 0; attempt++) {
    const found = await measure(letters);
    letters = letters.filter((name) => isSlower(name, found, recorded));
  }
  process.exitCode = letters.length > 0 ? 1 : 0;
}

async function measure(only: string[]): Promise<Ratios> {
  const tell = (text: string) => console.error(text);
  return ratiosOf(await runBench({ sizes: GUARD, rounds: ROUNDS, only, tuned: false, tell }));
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

function isSlower(name: string, now: Ratios, recorded: Ratios): boolean {
  const slower = CLOCKS.filter((clock) => {
    const [is, was] = [now[name]?.[clock], recorded[name]?.[clock]];
    if (is === undefined || was === undefined) throw new Error(`(${name}) was not measured`);
    const verdict = is > was * SLOWER_MAX ? 'SLOWER' : 'ok';
    console.log(
      `${name} ${clock.padEnd(6)} hub/git ${is.toFixed(2)}, recorded ${was.toFixed(2)}: ${verdict}`,
    );
    return verdict === 'SLOWER';
  });
  return slower.length > 0;
}
