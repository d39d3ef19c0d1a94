import path from 'node:path';
import { parseArgs } from 'node:util';
import { saveReport, textOf } from './report';
import { runBench } from './run-bench';
import { FULL, SHORT } from './scenarios';

/** `npm run bench -- [--rounds N] [--only a,b] [--short] [--out FILE]`. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: path.join(import.meta.dirname, 'results', 'last.json') },
  },
});

const report = await runBench({
  sizes: values.short ? SHORT : FULL,
  rounds: Number(values.rounds),
  only: values.only.split(',').filter(Boolean),
  tuned: true,
  tell: (text) => console.error(text),
  keep: (soFar) => saveReport(values.out, soFar),
});
process.stdout.write(textOf(report));
