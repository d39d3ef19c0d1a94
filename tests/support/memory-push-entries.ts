import type { BrowseStore, WholePushRow } from '~/server/ports/browse-store';
import type { MemoryHub } from './memory-hub';

/** The entries of the push history, as pages read them, out of a hub in memory. */
export function memoryPushEntries(hub: MemoryHub): Pick<BrowseStore, 'findPushById'> {
  return {
    async findPushById(repoId, id): Promise<WholePushRow | null> {
      const push = hub.repository(repoId).pushes.get(id);
      if (!push) return null;
      const { pushId, outcome, branch, head, frame, startedAtMs, finishedAtMs, counts } = push;
      const { principal, client, address, restoredSeq } = push.opening;
      const user = principal.kind === 'user' ? principal : null;
      const result = frame?.type === 'R' ? frame : null;
      return {
        ...{ id: pushId, outcome, branch, head, frame, client, address, startedAtMs, finishedAtMs },
        ...{ seq: result?.seq ?? null, kind: result?.kind ?? null, tokenName: null },
        ...{ oldHead: result?.oldHead ?? null, newHead: result?.newHead ?? null },
        actor: user && { handle: user.handle, kind: user.accountKind },
        ...{ objectsNew: counts.objects, objectsReused: counts.objectsReused },
        ...{ commitsNew: counts.commits, bytesReceived: counts.bytesReceived },
        ...{ snapshotsNew: result?.snapshotsNew ?? 0, bytesStored: result?.bytesStored ?? 0 },
        ...{ durationMs: result?.durationMs ?? null, phases: counts.phases ?? null },
        errorCode: frame?.type === 'X' ? frame.code : null,
        restoredSeq: restoredSeq ?? null,
      };
    },
  };
}
