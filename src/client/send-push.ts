import type { ClientRequest } from 'node:http';
import type { IdFormat } from '~/muse/ids';
import { encodePushFrame } from '~/wire/frame-codec';
import { type ProgressFrame, type ResultFrame, SFRAME_END, SFRAME_HEADER } from '~/wire/frames';
import { STREAM_MAX_CONTROL_FRAME_BYTES, STREAM_MIME_TYPE, STREAM_VERSION } from '~/wire/limits';
import { encodePack } from '~/wire/pack-codec';
import { type Caller, openRequest, refusalOf, responseTo } from './http';
import { type ObjectSource, objectFrames } from './object-frames';
import type { PlannedObject, PlannedRecord, PushPlan } from './push-plan';
import type { RemoteAddress } from './remote-address';
import { readReply } from './reply-reader';

/** One push to send; the same on every try. */
export interface PushRequest {
  pushId: string;
  branch: string;
  /** Null deletes the branch. */
  plan: PushPlan | null;
  expectedHead: string | null;
  force: boolean;
  idFormat: IdFormat;
  /** Name and version of this program. */
  client: string;
}

/** How far a push is. Totals are those of the plan; `phase` is the hub's once it answers. */
export interface PushProgress {
  phase: 'planning' | 'sending' | ProgressFrame['phase'];
  objects: number;
  objectsTotal: number;
  /** Decoded bytes of objects. */
  bytes: number;
  bytesTotal: number;
  /** Commits planned, then checked by the hub. */
  commits: number;
  commitsTotal: number;
}

export interface SendLimits {
  objectFrameBytesMax: number;
  packFrameBytesMax: number;
}

/** Frames are gathered up to this size before they are written to the connection. */
const WRITE_BYTES = 128 * 1024;
const NO_OBJECTS: readonly PlannedObject[] = [];

/**
 * Sends a push and waits for its outcome, reading the answer while the body is sent: a refusal
 * stops the sending at once. Memory is bounded whatever the size of the push.
 *
 * @throws ClientError with the hub's code, `network` when the outcome is not known,
 *   `repository-damaged` when something to be sent is missing or wrong here
 */
export async function sendPush(
  remote: RemoteAddress,
  caller: Caller,
  source: ObjectSource,
  push: PushRequest,
  limits: SendLimits,
  onProgress: (progress: PushProgress) => void,
): Promise<ResultFrame> {
  const sent = await openRequest(new URL(`${remote.url}/push/stream`), caller, {
    method: 'POST',
    accept: STREAM_MIME_TYPE,
    headers: { 'content-type': STREAM_MIME_TYPE },
  });
  const progress: PushProgress = {
    phase: 'sending',
    objects: 0,
    objectsTotal: push.plan?.objects.length ?? 0,
    bytes: 0,
    bytesTotal: push.plan?.objectBytes ?? 0,
    commits: 0,
    commitsTotal: push.plan?.commits.length ?? 0,
  };
  const body = new Body(sent);
  const outcome = responseTo(sent).then(async (response) => {
    if (response.statusCode !== 200) throw await refusalOf(response, remote.hub, caller);
    return readReply(response, (frame) => {
      if (body.ended || frame.phase !== 'receiving') progress.phase = frame.phase;
      onProgress(progress);
    });
  });
  // Whatever the outcome, nothing more needs to be sent.
  const settled = outcome.finally(() => body.stop());
  settled.catch(() => undefined);
  try {
    for await (const step of frames(source, push, limits)) {
      for (const part of step.parts) await body.write(part);
      if (body.stopped) break;
      progress.objects += step.objects;
      progress.bytes += step.bytes;
      onProgress(progress);
    }
    if (!body.stopped) body.end();
  } catch (error) {
    // Nothing was ended by END, so the hub keeps nothing of it.
    sent.destroy();
    throw error;
  }
  try {
    return await settled;
  } finally {
    sent.destroy();
  }
}

async function* frames(
  source: ObjectSource,
  push: PushRequest,
  limits: SendLimits,
): AsyncGenerator<{ parts: Uint8Array[]; objects: number; bytes: number }> {
  const { plan, idFormat } = push;
  const objectCount = plan?.objects.length ?? 0;
  const commitCount = plan?.commits.length ?? 0;
  const small = (bytes: Uint8Array) => ({ parts: [bytes], objects: 0, bytes: 0 });
  yield small(
    encodePushFrame(
      {
        type: SFRAME_HEADER,
        version: STREAM_VERSION,
        pushId: push.pushId,
        branch: push.branch,
        head: plan?.head ?? null,
        expectedHead: push.expectedHead,
        force: push.force,
        objectCount,
        commitCount,
        byteCount: plan?.objectBytes ?? 0,
        client: push.client,
      },
      idFormat,
    ),
  );
  const objects = plan?.objects ?? NO_OBJECTS;
  yield* objectFrames(source, objects, idFormat, limits.objectFrameBytesMax);
  if (plan !== null) for (const pack of packs(plan, limits.packFrameBytesMax)) yield small(pack);
  yield small(encodePushFrame({ type: SFRAME_END, objectCount, commitCount }, idFormat));
}

/** COMMIT_PACK frames below a size: all snapshots in their order, then all commits in theirs. */
export function* packs(
  plan: Pick<PushPlan, 'commits' | 'snapshots'>,
  frameBytesMax: number,
): Generator<Uint8Array> {
  const room = Math.max(1, frameBytesMax - STREAM_MAX_CONTROL_FRAME_BYTES);
  let pack = {
    commits: [] as Uint8Array[],
    snapshots: [] as Uint8Array[],
    snapshotDeltas: [] as Uint8Array[],
  };
  let size = 0;
  function* add(list: 'commits' | 'snapshots' | 'snapshotDeltas', record: PlannedRecord) {
    const bytes = typeof record === 'function' ? record() : record;
    // In one frame whole snapshots are read before deltas: a whole one that comes after a delta
    // begins another frame, so that the order of the plan stays the order in which they are read.
    const outOfOrder = list === 'snapshots' && pack.snapshotDeltas.length > 0;
    if (size > 0 && (size + bytes.length > room || outOfOrder)) {
      yield encodePack(pack);
      pack = { commits: [], snapshots: [], snapshotDeltas: [] };
      size = 0;
    }
    pack[list].push(bytes);
    size += bytes.length;
  }
  for (const { delta, record } of plan.snapshots) {
    yield* add(delta ? 'snapshotDeltas' : 'snapshots', record);
  }
  for (const record of plan.commits) yield* add('commits', record);
  if (size > 0) yield encodePack(pack);
}

/** The body of a request: small parts are joined, and writing waits for the connection. */
class Body {
  readonly #sent: ClientRequest;
  #parts: Uint8Array[] = [];
  #size = 0;
  #wake: (() => void) | null = null;
  stopped = false;
  ended = false;

  constructor(sent: ClientRequest) {
    this.#sent = sent;
    const wake = () => this.#wake?.();
    sent.on('drain', wake);
    sent.on('close', wake);
  }

  async write(part: Uint8Array): Promise<void> {
    this.#parts.push(part);
    this.#size += part.length;
    if (this.#size >= WRITE_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.stopped || this.#sent.destroyed || this.#size === 0) return;
    const bytes =
      this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    if (this.#sent.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }

  end(): void {
    if (this.#sent.destroyed) return;
    this.ended = true;
    this.#sent.end(Buffer.concat(this.#parts, this.#size));
    this.#parts = [];
  }

  /** Ends the wait of a write; nothing is written after this. */
  stop(): void {
    this.stopped = true;
    this.#wake?.();
  }
}
