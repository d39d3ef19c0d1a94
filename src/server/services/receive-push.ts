import { checkBranchName } from '~/muse/branch-name';
import type { Id } from '~/muse/ids';
import { ERRORS, isViolation, Refusal } from '~/wire/errors';
import { type ErrorFrame, type HeaderFrame, type ResultFrame, SFRAME_ERROR } from '~/wire/frames';
import type { Limits } from '~/wire/limits';
import { onEof, onFrame, type PushState, startPush } from '~/wire/push-stream';
import type { Principal, RepositoryAccess } from '../access';
import type { Clock } from '../ports/clock';
import type { ObjectChecker } from '../ports/object-checker';
import type { ObjectStorage } from '../ports/object-storage';
import type { PushFeed } from '../ports/push-feed';
import type { PushCounts, PushFacts, PushRepository, PushStore } from '../ports/push-store';
import { checkPush, judgeMove } from './check-push';
import { checkQuota, type QuotaDeps } from './check-quota';
import type { FrameSource } from './frame-source';
import { PushIntake } from './push-intake';
import { NOTHING_NEW, planPush } from './push-plan';
import { enterPhase, newProgress, type PushProgress } from './push-progress';
import type { RecentManifests } from './recent-manifests';
import { tellPush } from './report-push';

/**
 * A push, from its first frame to its end (docs/protocol.md §3). The order is git's: look at the
 * HEADER, take objects into quarantine, check everything, change everything in one transaction.
 *
 * It comes in two halves because HTTP does: `openPush` answers what can still have a status,
 * `receivePush` what is answered by a frame.
 */
export interface ReceivePushDeps extends QuotaDeps {
  store: PushStore;
  storage: ObjectStorage;
  checker: ObjectChecker;
  manifests: RecentManifests;
  /** Hears when a push begins and ends. */
  feed: Pick<PushFeed, 'publish'>;
  clock: Clock;
  limits: Limits;
  /** Address of a commit's page. */
  commitUrl: (repository: PushRepository, id: Id) => string;
  /** Told of trouble that does not change the push's outcome. */
  onTrouble: (what: string, error: unknown, pushId: string) => void;
}

export interface PushRequest {
  repository: PushRepository;
  principal: Principal;
  access: RepositoryAccess;
  /** Program and address of the sender, for the history. */
  client: string;
  address: string;
}

/** A push whose HEADER was accepted. */
export interface OpenedPush {
  pushId: string;
  header: HeaderFrame;
  facts: PushFacts;
  state: PushState;
  startedAtMs: number;
  /** Set when nothing remains to be read: an earlier answer, or nothing to do. */
  settled: ResultFrame | null;
}

/** Reads and judges the HEADER. Throws `Refusal`; then `recordEnd` has noted it in the history. */
export async function openPush(
  source: FrameSource,
  request: PushRequest,
  deps: ReceivePushDeps,
): Promise<OpenedPush> {
  const startedAtMs = deps.clock.now();
  const { repository, principal } = request;
  const opening = {
    repoId: repository.id,
    pushId: deps.clock.uuid(),
    branch: '',
    head: null as Id | null,
    principal,
    client: request.client,
    address: request.address,
    startedAtMs,
  };
  let opened = false;
  try {
    const { header, state } = await readHeader(source, deps.limits);
    opening.pushId = header.pushId ?? opening.pushId;
    const badName = checkBranchName(header.branch);
    if (badName !== null)
      throw new Refusal('bad-branch-name', { branch: header.branch, reason: badName });
    opening.branch = header.branch;
    opening.head = header.head;
    if (header.client) opening.client = header.client;
    const facts = await deps.store.openPush(opening);
    const { pushId } = opening;
    const push = { pushId, header, facts, state, startedAtMs };
    const replay = replayOf(push);
    if (replay) return { ...push, settled: replay };
    opened = true;
    judgeHeader(header, facts, request);
    if (header.objectCount > 0) await checkQuota(repository.id, 0, deps);
    if (!isNoop(header, facts) || header.commitCount > 0) {
      tellPush(deps.feed, { repoId: repository.id, pushId, state: 'under-way' });
      return { ...push, settled: null };
    }
    return { ...push, settled: await applyNothing(push, request, deps) };
  } catch (error) {
    const progress = { ...newProgress(), bytesReceived: source.bytesReceived };
    if (!opened && !isConflict(error)) opened = await openAnyway(opening, deps);
    if (opened) await recordEnd(error, opening.pushId, repository, progress, deps);
    throw named(error, opening.pushId);
  }
}

/**
 * Takes the rest of a push and applies it. Throws `Refusal` or a fault; then nothing has changed
 * and the history says why. `progress` is kept up to date for whoever watches.
 */
export async function receivePush(
  source: FrameSource,
  push: OpenedPush,
  request: PushRequest,
  progress: PushProgress,
  deps: ReceivePushDeps,
): Promise<ResultFrame> {
  const { repository } = request;
  const intake = new PushIntake(repository, deps, progress);
  const enter = (phase: PushProgress['phase']) =>
    enterPhase(progress, phase, deps.clock.now() - push.startedAtMs);
  try {
    await takeFrames(source, push.state, intake, progress, deps.limits);
    await intake.objects.settle();
    enter('checking');
    const verdict = await checkPush(push, intake, request, deps);
    enter('storing');
    const written = await intake.objects.finish();
    expectInTime(push, deps);
    const addedBytes = written.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    if (addedBytes > 0) await checkQuota(repository.id, addedBytes, deps);
    enter('applying');
    progress.bytesReceived = source.bytesReceived;
    const plan = await planPush(push, intake, written, verdict, request, progress, deps);
    const result = await deps.store.applyPush(plan);
    const head = push.header.head && intake.commits.byId.get(push.header.head);
    if (head) intake.snapshots.remember(head.snapshotId);
    tellPush(deps.feed, { repoId: repository.id, pushId: push.pushId, state: 'accepted' });
    return result;
  } catch (thrown) {
    const error = await intake.causeOf(thrown);
    progress.bytesReceived = source.bytesReceived;
    await intake.abandon(error);
    await recordEnd(error, push.pushId, repository, progress, deps);
    throw error;
  } finally {
    await intake.close();
  }
}

/**
 * A push that slept, with its machine, beyond its wall time may have lost its segments to the
 * sweep, whose grace is longer than that time; so it must not be applied any more.
 */
function expectInTime(push: OpenedPush, { clock, limits }: ReceivePushDeps): void {
  const wallMs = clock.now() - push.startedAtMs;
  if (wallMs > limits.pushMaxWallMs) throw new Refusal('too-slow', { wall_ms: wallMs });
}

/** The loop of a push: decode, step, act. Waiting for an action is the client's back-pressure. */
async function takeFrames(
  source: FrameSource,
  opened: PushState,
  intake: PushIntake,
  progress: PushProgress,
  limits: Limits,
): Promise<void> {
  let state = opened;
  for (;;) {
    const frame = source.buffered() ?? (await source.next());
    if (frame === null) break;
    const step = onFrame(state, frame, limits);
    if (isViolation(step)) throw Refusal.from(step);
    state = step.state;
    const busy = intake.perform(step.action);
    if (busy) await busy;
    progress.bytesReceived = source.bytesReceived;
    if (step.action.kind === 'finish') {
      // END is the proof of completeness, so the end of the body is not waited for: a client may
      // keep it open until it has read the answer. What follows END in the same bytes is wrong.
      const trailing = source.buffered();
      if (trailing) throw new Refusal('frame-out-of-order', { frame: trailing.type, after: 'E' });
      return;
    }
  }
  const cut = onEof(state);
  if (cut) throw Refusal.from(cut);
}

async function readHeader(
  source: FrameSource,
  limits: Limits,
): Promise<{ header: HeaderFrame; state: PushState }> {
  const frame = await source.next();
  const start = startPush();
  if (frame === null) throw Refusal.from(onEof(start)!);
  const step = onFrame(start, frame, limits);
  if (isViolation(step)) throw Refusal.from(step);
  if (step.action.kind !== 'open') throw new Refusal('frame-out-of-order', { frame: frame.type });
  return { header: step.action.header, state: step.state };
}

/** The answer that this push id had before; throws when the id stood for something else. */
function replayOf({ pushId, header, facts }: Pick<OpenedPush, 'pushId' | 'header' | 'facts'>) {
  const { earlier } = facts;
  if (!earlier) return null;
  if (earlier.branch !== header.branch || earlier.head !== header.head) {
    throw new Refusal('push-id-conflict', {
      push_id: pushId,
      branch: earlier.branch,
      head: earlier.head,
    });
  }
  return earlier.result ? { ...earlier.result, replayed: true } : null;
}

/** Whether the branch is where the push wants it already. */
export function isNoop(header: HeaderFrame, facts: PushFacts): boolean {
  return header.head !== null && header.head === facts.branchHead;
}

/** Everything that can be refused before an object is read. */
function judgeHeader(header: HeaderFrame, facts: PushFacts, request: PushRequest): void {
  const { repository } = request;
  if (repository.idFormat && header.idFormat && repository.idFormat !== header.idFormat) {
    throw new Refusal('id-format-mismatch', {
      expected: repository.idFormat,
      got: header.idFormat,
    });
  }
  judgeMove(header, facts, request, true);
}

async function applyNothing(
  push: Omit<OpenedPush, 'settled'>,
  request: PushRequest,
  deps: ReceivePushDeps,
): Promise<ResultFrame> {
  const { repository } = request;
  const progress = newProgress();
  const intake = new PushIntake(repository, deps, progress);
  try {
    const written = await intake.objects.finish();
    const plan = await planPush(
      { ...push, settled: null },
      intake,
      written,
      NOTHING_NEW,
      request,
      progress,
      deps,
    );
    const result = await deps.store.applyPush(plan);
    tellPush(deps.feed, { repoId: repository.id, pushId: push.pushId, state: 'accepted' });
    return result;
  } finally {
    await intake.close();
  }
}

/** A push that fell before its HEADER was understood still leaves a row. */
async function openAnyway(
  opening: Parameters<PushStore['openPush']>[0],
  { store, onTrouble }: ReceivePushDeps,
): Promise<boolean> {
  try {
    return (await store.openPush(opening)).earlier === null;
  } catch (error) {
    onTrouble('a refused push could not be recorded', error, opening.pushId);
    return false;
  }
}

const isConflict = (error: unknown): boolean =>
  Refusal.is(error) && error.code === 'push-id-conflict';

/** Puts the push id into a refusal's detail, so that the answer names it. */
function named(error: unknown, pushId: string): unknown {
  return Refusal.is(error)
    ? new Refusal(error.code, { ...error.detail, push_id: pushId }, error.message, { cause: error })
    : error;
}

/** The ERROR frame for whatever ended a push; a fault is `internal`. */
export function endingFrame(error: unknown, pushId: string): ErrorFrame {
  const { code, message, detail } = Refusal.is(error) ? error : new Refusal('internal');
  return { type: SFRAME_ERROR, code, message, retryable: ERRORS[code].retryable, pushId, detail };
}

type RecordEndDeps = Pick<ReceivePushDeps, 'feed' | 'onTrouble'> & {
  store: Pick<PushStore, 'closePush'>;
};

/** Notes how a push ended that changed nothing. */
export async function recordEnd(
  error: unknown,
  pushId: string,
  repository: Pick<PushRepository, 'id'>,
  counts: PushCounts,
  { store, feed, onTrouble }: RecordEndDeps,
): Promise<void> {
  const frame = endingFrame(error, pushId);
  const ours = ERRORS[frame.code].status >= 500;
  const cut = frame.code === 'truncated-stream' || frame.code === 'too-slow';
  try {
    await store.closePush(repository.id, pushId, ours || cut ? 'failed' : 'refused', frame, counts);
  } catch (failure) {
    // The row stays `receiving` until the stale-push job marks it; the answer is not affected.
    onTrouble('the end of a push could not be recorded', failure, pushId);
  }
  tellPush(feed, { repoId: repository.id, pushId, state: 'not-accepted' });
}
