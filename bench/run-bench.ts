import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { emptyNodeMs, FloorBench, type Floors } from './floors';
import { GitPeer } from './git-peer';
import { HubPeer } from './hub-peer';
import type { Peer } from './peer';
import { TookTooLong } from './processes';
import { makeReport, type Report, type Samples } from './report';
import { type Place, type Scenario, type Sizes, scenarios, type Work } from './scenarios';

export interface BenchOptions {
  sizes: Sizes;
  rounds: number;
  /** Letters; none are all. */
  only: string[];
  /** Whether git runs a second time, tuned by an expert. */
  tuned: boolean;
  tell(text: string): void;
  /** Given the report so far after each scenario: a run may take long, and be ended. */
  keep?(report: Report): void;
}

/**
 * Measures the hub beside git: every peer does the same work in turn, round by round after one to
 * warm up, and another one begins each round. Leaves nothing behind.
 */
export async function runBench({
  sizes,
  rounds,
  only,
  tuned,
  tell,
  keep,
}: BenchOptions): Promise<Report> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-bench-'));
  fs.chmodSync(folder, 0o755);
  const stops: (() => Promise<void>)[] = [];
  try {
    const git = await GitPeer.start('git', path.join(folder, 'git'), false);
    stops.unshift(() => git.stop());
    const gits = [git];
    if (tuned) {
      const other = await GitPeer.start('git-tuned', path.join(folder, 'git-tuned'), true);
      stops.unshift(() => other.stop());
      gits.push(other);
    }
    const hub = await HubPeer.start(path.join(folder, 'hub'), git);
    stops.unshift(() => hub.stop());
    const floorBench = await FloorBench.start();
    stops.unshift(() => floorBench.stop());

    const samples: Samples = {};
    const titles: Record<string, string> = {};
    const floors: Record<string, Floors[]> = {};
    const emptyNode: number[] = [];
    for (const scenario of scenarios(sizes, rounds)) {
      if (only.length > 0 && !only.includes(scenario.letter)) continue;
      tell(`${scenario.letter}: ${scenario.title}`);
      Object.assign(titles, scenario.rows);
      const body = path.join(folder, `${scenario.letter}.body`);
      const work = { scenario, peers: [hub, ...gits], place: { folder, rounds }, tell };
      await runScenario(work, samples, async () => {
        emptyNode.push(await emptyNodeMs());
        if (!fs.existsSync(body)) return;
        floors[scenario.letter] ??= [];
        floors[scenario.letter]!.push(await floorBench.measure(body));
      });
      fs.rmSync(body, { force: true });
      keep?.(makeReport(samples, titles, floors, emptyNode, rounds));
    }
    return makeReport(samples, titles, floors, emptyNode, rounds);
  } finally {
    for (const stop of stops) await stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

interface ScenarioRun {
  scenario: Scenario;
  peers: Peer[];
  place: Place;
  tell(text: string): void;
}

async function runScenario(
  { scenario, peers, place, tell }: ScenarioRun,
  samples: Samples,
  between: () => Promise<void>,
): Promise<void> {
  const works: { peer: Peer; work: Work }[] = [];
  for (const peer of peers) {
    try {
      const work = await scenario.setUp(peer, place);
      await work.round(0); // to warm up
      works.push({ peer, work });
    } catch (error) {
      // Of git's two forms the better one counts; one that looks for likeness in random bytes for
      // ten minutes is not it.
      if (!(error instanceof TookTooLong) || peer.name === 'hub') throw error;
      tell(`   without ${peer.name}: ${error.message}`);
    }
  }
  for (let n = 1; n <= place.rounds; n++) {
    const turn = n % works.length;
    for (const { peer, work } of [...works.slice(turn), ...works.slice(0, turn)]) {
      const measured = await work.round(n);
      for (const [row, measurement] of Object.entries(measured)) {
        samples[row] ??= {};
        samples[row][peer.name] ??= [];
        samples[row][peer.name]!.push(measurement);
      }
    }
    await between();
  }
}
