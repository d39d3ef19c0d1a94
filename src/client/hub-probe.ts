import { type Caller, openRequest, readAll, responseTo } from './http';

const ANSWER_BYTES_MAX = 4 * 1024;

/** What a hub shows of itself to anybody. */
export interface ProbedHub {
  status: number;
  /** How far its clock is ahead of the one here, milliseconds; null when it tells no time. */
  aheadMs: number | null;
  /** From the question to the whole answer, milliseconds. */
  tookMs: number;
}

/** Asks a hub whether it serves. Throws `network` when nobody answers. */
export async function probeHub(hub: URL, caller: Caller): Promise<ProbedHub> {
  const nobody = { ...caller, token: null };
  const from = Date.now();
  const url = new URL('/ready', hub);
  const sent = await openRequest(url, nobody, { method: 'GET', accept: 'application/json' });
  sent.end();
  const response = await responseTo(sent);
  await readAll(response, ANSWER_BYTES_MAX);
  const to = Date.now();
  const told = Date.parse(response.headers.date ?? '');
  return {
    status: response.statusCode ?? 0,
    // The header has whole seconds, cut off; half a second more is the likeliest time.
    aheadMs: Number.isNaN(told) ? null : Math.round(told + 500 - (from + to) / 2),
    tookMs: to - from,
  };
}
