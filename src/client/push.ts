import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatId, type Id } from '~/muse/ids';
import { type ResultFrame, SFRAME_RESULT } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { replaceRef } from './branch-refs';
import { ClientError, checkInterrupted } from './client-error';
import type { Caller } from './http';
import { getRefs, type RemoteRefs } from './hub-api';
import type { RemoteAddress } from './remote-address';
import { knownToRemote } from './remote-history';
import { type Repository, remoteHeadName } from './repository';
import type { PushProgress, PushRequest } from './send-push';
import type { SigningKey } from './signing-key';

export interface PushOptions {
  /** The name on the remote; null deletes `remoteBranch`. */
  localBranch: string | null;
  remoteBranch: string;
  force: boolean;
  /** Under which the remote's heads are remembered; null for an address without a name. */
  remoteName: string | null;
  /** Signs commits that are new to the remote; null or absent: they stay as they are. */
  signing?: SigningKey | null;
  /** Told how many commits were signed. */
  onSigned?: (commits: number) => void;
  onProgress?: (progress: PushProgress) => void;
  /** Told before a push is sent again, with why and in how many ms. */
  onRetry?: (error: ClientError, waitMs: number) => void;
  /** First wait before a push is sent again; it doubles. Default 500 ms. */
  retryMs?: number;
}

const NO_PROGRESS: PushProgress = {
  phase: 'planning',
  objects: 0,
  objectsTotal: 0,
  bytes: 0,
  bytesTotal: 0,
  commits: 0,
  commitsTotal: 0,
};
const TRIES = 6;
const RETRY_MS = 500;
const RETRY_MS_MAX = 15_000;

/**
 * Brings one branch of a remote to where it is here, or deletes it. What plans and sends is loaded
 * when there is something to send. Sends what the heads of the
 * remote do not reach. When the connection breaks it asks what became of the push before it sends
 * it again, under the same push id, so that nothing is done twice.
 *
 * @throws ClientError with the hub's code, or one of this side
 */
export async function push(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  options: PushOptions,
): Promise<ResultFrame> {
  const head = options.localBranch === null ? null : headOf(repository, options.localBranch);
  const pushId = randomUUID();
  let waitMs = options.retryMs ?? RETRY_MS;
  // An address where nobody answers is told at once; later failures are worth another try.
  let refs = await getRefs(remote, caller);
  if (head !== null && refs.heads.get(options.remoteBranch) === head) {
    const result = nothingToPush(refs, options.remoteBranch, head);
    await remember(repository, options, result);
    return result;
  }
  for (let attempt = 1; ; attempt++) {
    try {
      if (attempt > 1) refs = await getRefs(remote, caller);
      const result = await pushOnce(repository, remote, caller, refs, options, head, pushId);
      await remember(repository, options, result);
      return result;
    } catch (error) {
      if (isFalseDelta(error, repository)) {
        repository.deltas.forget();
        repository.lines.turnOff();
        continue;
      }
      if (!(error instanceof ClientError) || attempt === TRIES || !mayRetry(error, options))
        throw error;
      const asked = error.detail.retry_after_s;
      const wait = Math.min(typeof asked === 'number' ? asked * 1000 : waitMs, RETRY_MS_MAX);
      options.onRetry?.(error, wait);
      await pause(wait, caller);
      waitMs *= 2;
    }
  }
}

/**
 * The outcome where the branch already is at its head: as with git, nothing is sent, and the hub's
 * history of pushes has no entry of it; `pushId` is empty and `seq` 0.
 */
function nothingToPush(refs: RemoteRefs, branch: string, head: Id): ResultFrame {
  return {
    type: SFRAME_RESULT,
    pushId: '',
    seq: 0,
    branch,
    kind: 'noop',
    oldHead: head,
    newHead: head,
    objectsNew: 0,
    objectsReused: 0,
    commitsNew: 0,
    snapshotsNew: 0,
    bytesReceived: 0,
    bytesStored: 0,
    durationMs: 0,
    branchHeads: Object.fromEntries(refs.heads),
    url: '',
    warnings: [],
  };
}

function headOf(repository: Repository, branch: string): Id {
  const head = repository.branch(branch);
  if (head !== null) return head;
  throw new ClientError('unknown-branch', `There is no commit on the branch ${branch} here.`, {
    detail: { branch },
  });
}

/** Whether a difference that was not read from the records was wrong: then it is found again. */
function isFalseDelta(error: unknown, { deltas, lines }: Repository): boolean {
  const unread = deltas.used || lines.used;
  return error instanceof ClientError && error.code === 'snapshot-id-mismatch' && unread;
}

/** A forced push replaces one head that was seen: when that has moved, a person looks again. */
function mayRetry(error: ClientError, options: PushOptions): boolean {
  return error.retryable && !(error.code === 'stale-head' && options.force);
}

async function pushOnce(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  refs: RemoteRefs,
  options: PushOptions,
  head: Id | null,
  pushId: string,
): Promise<ResultFrame> {
  const request = await prepare(repository, remote, caller, refs, options, head, pushId);
  const limits = {
    objectFrameBytesMax:
      refs.limits.stream_max_object_wire_bytes ?? DEFAULT_LIMITS.maxObjectWireBytes,
    packFrameBytesMax:
      refs.limits.stream_max_commit_pack_bytes ?? DEFAULT_LIMITS.maxCommitPackBytes,
  };
  try {
    const { sendPush } = await import('./send-push');
    const onProgress = options.onProgress ?? (() => undefined);
    return await sendPush(remote, caller, repository, request, limits, onProgress);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'network') throw error;
    const { pushOutcome } = await import('./push-outcome');
    const landed = await pushOutcome(remote, caller, pushId).catch((asked: unknown) => {
      // Nobody answers that question either: the first failure says more.
      throw asked instanceof ClientError && asked.code === 'network' ? error : asked;
    });
    if (landed === null) throw error;
    return landed;
  }
}

async function prepare(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  refs: RemoteRefs,
  options: PushOptions,
  head: Id | null,
  pushId: string,
): Promise<PushRequest> {
  const common = {
    pushId,
    branch: options.remoteBranch,
    expectedHead: refs.heads.get(options.remoteBranch) ?? null,
    force: options.force,
    client: caller.client,
  };
  if (head === null) {
    if (common.expectedHead === null) {
      throw new ClientError(
        'branch-not-found',
        `There is no branch ${common.branch} on the remote.`,
      );
    }
    return { ...common, plan: null, idFormat: refs.idFormat ?? 'bare' };
  }
  const tracked =
    options.remoteName === null ? [] : repository.remoteHeads(options.remoteName).heads.values();
  const known = await knownToRemote(repository, remote, refs, caller, head, tracked);
  if (options.signing) {
    const work = { head, known, key: options.signing };
    const { signNewCommits } = await import('./sign-commits');
    const signed = await signNewCommits(repository, remote, caller, work);
    if (signed > 0) options.onSigned?.(signed);
  }
  const onStep = (commits: number, commitsTotal: number) =>
    options.onProgress?.({ ...NO_PROGRESS, commits, commitsTotal });
  const watch = { onStep, ...(caller.signal === undefined ? {} : { signal: caller.signal }) };
  const { planPush } = await import('./push-plan');
  const plan = await planPush(repository, head, known, watch);
  if (refs.idFormat !== null && refs.idFormat !== plan.idFormat) {
    throw new ClientError(
      'id-format-mismatch',
      `The remote has ${named(refs.idFormat)} ids, this repository ${named(plan.idFormat)} ones.`,
      { fix: 'Push to a new repository; the form of ids is fixed by the first push.' },
    );
  }
  return { ...common, plan, idFormat: plan.idFormat };
}

function named(format: string): string {
  return format === 'bare' ? 'bare' : '"sha256:"';
}

/** Keeps the remote's heads as `remotes/<name>/<branch>`, as the public CLI does. */
async function remember(
  repository: Repository,
  options: PushOptions,
  result: ResultFrame,
): Promise<void> {
  const name = options.remoteName;
  if (name === null || isRemembered(repository, name, result)) return;
  await repository.write((writer) => {
    if (result.newHead === null) writer.remove(remoteHeadName(name, result.branch));
    else
      replaceRef(writer, remoteHeadName(name, result.branch), written(repository, result.newHead));
  });
}

/** An id in the form that the records of this repository have. */
function written(repository: Repository, id: Id): string {
  return formatId(id, repository.commit(id).idFormat);
}

/** Waits; ends early, with an error, when the command is interrupted. */
function isRemembered(repository: Repository, remote: string, result: ResultFrame): boolean {
  return repository.remoteHead(remote, result.branch) === result.newHead;
}

async function pause(ms: number, { signal }: Caller): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => checkInterrupted(signal));
}
