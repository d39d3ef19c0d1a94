import { once } from 'node:events';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { encodeValue } from '~/wire/msgpack-writer';
import { commitFrames } from './generated-history';

/**
 * `npm run generate -- --url http://localhost:3000/ada/big [--commits 100000] [--files 20000]
 * [--branches 0]`: writes a big repository through the push path, as frames over the wire, without
 * a folder in between. The repository must exist and be empty; MUSEHUB_TOKEN is a token that may push to it.
 */

/** Below the hub's own bounds (STREAM_MAX_COMMITS, STREAM_MAX_OBJECTS). */
const COMMITS_PER_PUSH = 20_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    commits: { type: 'string', default: '100000' },
    files: { type: 'string', default: '20000' },
    changed: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    branches: { type: 'string', default: '0' },
  },
});
const token = process.env.MUSEHUB_TOKEN;
if (!values.url || !token) {
  console.error('error: name the repository with --url, and its token in MUSEHUB_TOKEN');
  process.exit(2);
}

const pushes = commitFrames({
  commits: Number(values.commits),
  files: Number(values.files),
  changed: Number(values.changed),
  seed: values.seed,
  branches: Number(values.branches),
  commitsPerPush: COMMITS_PER_PUSH,
});
const began = Date.now();
for (const { commits, frames } of pushes) {
  const code = await send(`${values.url}/push/stream`, token, frames);
  if (code !== null) {
    console.error(`error[${code}]: the hub refused the push`);
    process.exit(1);
  }
  console.error(`${commits} commits after ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

/** Sends frames; null when the hub accepted them, else what it answers. */
async function send(url: string, bearer: string, frames: Iterable<Uint8Array>) {
  const request = http.request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': STREAM_MIME_TYPE, authorization: `Bearer ${bearer}` },
  });
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  answered.catch(() => {}); // awaited below
  const closed = new Promise((resolve) => request.once('close', resolve));
  for (const frame of frames) {
    if (request.destroyed) break;
    if (!request.write(frame)) await Promise.race([once(request, 'drain'), closed]);
  }
  request.end();
  const [response] = await answered;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  // The first key of the last frame is its kind: R ends a push that was accepted.
  const result = body.lastIndexOf(Buffer.concat([encodeValue('t'), encodeValue('R')]));
  if (response.statusCode === 200 && result !== -1) return null;
  return /"?code"?.{1,3}([a-z]+(?:-[a-z]+)+)/s.exec(body.toString('latin1'))?.[1] ?? 'unknown';
}
