import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FaultProxy } from '~tests/support/fault-proxy';
import { startSwift } from '~tests/support/s3-server';
import { manyObjects } from './content';
import { GitPeer } from './git-peer';
import { HubPeer } from './hub-peer';
import { measure, median } from './measure';
import { FULL } from './scenarios';

/**
 * `npm run bench:s3`: a push of 10,000 objects to a hub whose objects go to an S3 server (Debian's
 * Swift), straight and with 20 ms added to every call, in turns. What a push pays for far storage is
 * the difference.
 */

const ROUNDS = 5;
const LATENCY_MS = 20;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-bench-s3-'));
fs.chmodSync(folder, 0o755);
const swift = await startSwift();
const proxy = await FaultProxy.start(swift.endpoint);
const git = await GitPeer.start('git', path.join(folder, 'git'), false);
const hub = await HubPeer.start(path.join(folder, 'hub'), git, {
  MUSEHUB_STORAGE: 's3',
  S3_ENDPOINT: proxy.endpoint,
  S3_BUCKET: 'bench',
  S3_ACCESS_KEY_ID: swift.accessKeyId,
  S3_SECRET_ACCESS_KEY: swift.secretAccessKey,
});
try {
  const source = await hub.source(manyObjects(FULL.objects));
  const body = path.join(folder, 'body');
  await hub.record(source, await hub.makeRepository(), body);
  const times: Record<number, number[]> = { 0: [], [LATENCY_MS]: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const latencyMs of [0, LATENCY_MS]) {
      proxy.set({ latencyMs });
      const url = await hub.makeRepository();
      const { serverMs } = await measure(hub, [hub.post(url, body)]);
      if (round > 0) times[latencyMs]!.push(serverMs);
      console.error(`${latencyMs} ms: ${Math.round(serverMs)} ms, ${proxy.done.passed} calls`);
    }
  }
  const [straight, late] = [median(times[0]!), median(times[LATENCY_MS]!)];
  console.log(
    `straight ${Math.round(straight)} ms; each call ${LATENCY_MS} ms later ${Math.round(late)} ms:` +
      ` ${Math.round(late - straight)} ms more`,
  );
} finally {
  await hub.stop();
  await git.stop();
  await proxy.stop();
  await swift.stop();
  fs.rmSync(folder, { recursive: true, force: true });
}
