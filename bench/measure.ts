import type { Peer } from './peer';
import {
  forgetPeak,
  type Program,
  processTree,
  residentMib,
  run,
  whileWatching,
} from './processes';

/** One piece of work of one peer. */
export interface Measurement {
  /** From the start of the client's process to its end. */
  wholeMs: number;
  /** Sum over the requests, from the first byte to the last. */
  serverMs: number;
  requests: number;
  clientCpuMs: number;
  serverCpuMs: number;
  /** Bytes on the wire in both directions. */
  wireBytes: number;
  /** Peak of the server's memory over what it had when it was started; MiB. */
  serverMib: number;
}

const LOOK_EVERY_MS = 20;

/** Runs the clients, all at once when they are several, and measures them and the server. */
export async function measure(peer: Peer, programs: Program[]): Promise<Measurement> {
  await peer.settle();
  await peer.requests.take();
  const [main = 0] = peer.serverPids();
  const serverBefore = peer.serverCpuMs();
  const clientBefore = ownChildrenMs();
  if (peer.name === 'hub') forgetPeak(main);
  let peak = 0;
  const look = () => {
    if (peer.name !== 'hub') peak = Math.max(peak, peer.serverMib());
  };
  const begin = process.hrtime.bigint();
  await whileWatching(Promise.all(programs.map((program) => run(program))), LOOK_EVERY_MS, look);
  const wholeMs = Number(process.hrtime.bigint() - begin) / 1e6;
  const clientCpuMs = ownChildrenMs() - clientBefore;
  const requests = await peer.requests.take();
  if (peer.name === 'hub') peak = residentMib(main, 'VmHWM');
  return {
    wholeMs,
    serverMs: requests.ms,
    requests: requests.count,
    clientCpuMs,
    serverCpuMs: peer.serverCpuMs() - serverBefore,
    wireBytes: requests.received + requests.sent,
    serverMib: Math.max(0, peak - peer.idleMib),
  };
}

/** CPU of the programs that this process started and that have ended. */
function ownChildrenMs(): number {
  return processTree(process.pid)[0]!.waitedMs;
}

export async function wallMs(program: Program): Promise<number> {
  const begin = process.hrtime.bigint();
  await run(program);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
