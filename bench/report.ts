import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Floors } from './floors';
import { type Measurement, median } from './measure';

/** What a run found: medians over the rounds. */
export interface Report {
  at: string;
  machine: string;
  load: number[];
  rounds: number;
  /** ms */
  emptyNode: number;
  rows: Row[];
}

export interface Row {
  name: string;
  title: string;
  /** By peer. */
  medians: Record<string, Measurement>;
  /** Least of the rounds, which a loaded machine disturbs least; ms. */
  least: Record<string, { wholeMs: number; serverMs: number }>;
  /** Hub against the better of git's two; of `wholeMs` and `serverMs`. */
  whole?: number;
  server?: number;
  /** The same of the wholes, less the start of an empty Node process on the hub's side. */
  wholeLessStart?: number;
  floors?: Floors;
}

export type Samples = Record<string, Record<string, Measurement[]>>;

export function makeReport(
  samples: Samples,
  titles: Record<string, string>,
  floors: Record<string, Floors[]>,
  emptyNode: number[],
  rounds: number,
): Report {
  const start = median(emptyNode);
  const rows = Object.entries(samples).map(([name, byPeer]) => {
    const medians = Object.fromEntries(
      Object.entries(byPeer).map(([peer, all]) => [peer, mediansOf(all)]),
    );
    const least = Object.fromEntries(
      Object.entries(byPeer).map(([peer, all]) => [
        peer,
        {
          wholeMs: Math.min(...all.map(({ wholeMs }) => wholeMs)),
          serverMs: Math.min(...all.map(({ serverMs }) => serverMs)),
        },
      ]),
    );
    const row: Row = { name, title: titles[name] ?? name, medians, least };
    const bodies = floors[name];
    if (bodies) {
      row.floors = {
        http: median(bodies.map(({ http }) => http)),
        disk: median(bodies.map(({ disk }) => disk)),
      };
    }
    return row;
  });
  for (const row of rows) {
    const { hub } = row.medians;
    // A push with its frames prepared is held against git's whole push of the same.
    const other = rows.find(({ name }) => name === row.name.replace('-prepared', '')) ?? row;
    const gits = Object.entries(other.medians).filter(([peer]) => peer !== 'hub');
    if (!hub || gits.length === 0) continue;
    const best = (of: keyof Measurement) => Math.min(...gits.map(([, git]) => git[of]));
    row.whole = hub.wholeMs / best('wholeMs');
    row.server = hub.serverMs / best('serverMs');
    row.wholeLessStart = (hub.wholeMs - start) / best('wholeMs');
  }
  const [cpu] = os.cpus();
  return {
    at: new Date().toISOString(),
    machine: `${os.cpus().length} × ${cpu?.model.trim()}, ${Math.round(os.totalmem() / 1024 ** 3)} GiB, Node ${process.version}`,
    load: os.loadavg().map((load) => Math.round(load * 10) / 10),
    rounds,
    emptyNode: start,
    rows,
  };
}

function mediansOf(all: Measurement[]): Measurement {
  const keys = Object.keys(all[0]!) as (keyof Measurement)[];
  return Object.fromEntries(
    keys.map((key) => [key, Math.round(median(all.map((each) => each[key])) * 10) / 10]),
  ) as unknown as Measurement;
}

const COLUMNS = [
  'work',
  'peer',
  'whole ms',
  'server ms',
  'client CPU',
  'server CPU',
  'wire MiB',
  'memory MiB',
];

/** The report as Markdown tables. */
export function textOf(report: Report): string {
  const lines = [
    `${report.machine}; load ${report.load.join(' ')}; ${report.rounds} rounds; an empty Node process takes ${report.emptyNode.toFixed(0)} ms.`,
    '',
  ];
  const cells: string[][] = [COLUMNS];
  for (const { name, medians } of report.rows) {
    for (const [peer, m] of Object.entries(medians)) {
      const numbers = [m.wholeMs, m.serverMs, m.clientCpuMs, m.serverCpuMs].map((ms) =>
        ms.toFixed(0),
      );
      cells.push([
        name,
        peer,
        ...numbers,
        (m.wireBytes / 1024 ** 2).toFixed(2),
        m.serverMib.toFixed(0),
      ]);
    }
  }
  lines.push(...table(cells), '');
  const ratios: string[][] = [
    [
      'work',
      'what',
      'whole hub/git',
      'less Node start',
      'server hub/git',
      'whole/HTTP floor',
      'whole/disk floor',
    ],
  ];
  for (const row of report.rows) {
    const { hub } = row.medians;
    const over = (floor?: number) => (floor && hub ? (hub.wholeMs / floor).toFixed(2) : '');
    const ratio = (value?: number) => value?.toFixed(2) ?? '';
    ratios.push([
      row.name,
      row.title,
      row.name.endsWith('-prepared') ? '' : ratio(row.whole),
      row.name.endsWith('-prepared') ? '' : ratio(row.wholeLessStart),
      ratio(row.server),
      over(row.floors?.http),
      over(row.floors?.disk),
    ]);
  }
  lines.push(...table(ratios));
  return `${lines.join('\n')}\n`;
}

function table(cells: string[][]): string[] {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i < 2 ? '-'.repeat(width) : `${'-'.repeat(Math.max(1, width - 1))}:`)).join(' | ')} |`;
  const [head, ...rest] = cells.map(line);
  return [head!, rule, ...rest];
}

export function saveReport(file: string, report: Report): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}
