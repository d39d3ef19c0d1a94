import type { AuditEntry } from '~/server/ports/audit-log';
import type {
  ClaimedDevice,
  DeviceGrant,
  DeviceStore,
  NewDeviceRequest,
  OpenDeviceRequest,
  PolledDevice,
} from '~/server/ports/device-store';
import type { MemoryHub } from './memory-hub';

interface MemoryDevice extends NewDeviceRequest {
  lastPolledAtMs: number | null;
  decision: DeviceGrant | 'denied' | null;
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Requests of programs to be signed in, in memory. */
export class MemoryDeviceStore implements DeviceStore {
  readonly #requests = new Map<string, MemoryDevice>();

  constructor(readonly hub: MemoryHub) {}

  async openRequest(request: NewDeviceRequest, openMax: number): Promise<boolean> {
    const open = [...this.#requests.values()].filter(
      (other) =>
        other.network === request.network &&
        other.decision === null &&
        other.expiresAtMs > request.createdAtMs,
    );
    if (open.length >= openMax) return false;
    this.#requests.set(request.id, { ...request, lastPolledAtMs: null, decision: null });
    return true;
  }

  async findOpen(codeHash: Uint8Array, nowMs: number): Promise<OpenDeviceRequest | null> {
    const found = this.#find((each) => same(each.codeHash, codeHash), nowMs);
    if (!found || found.decision !== null) return null;
    const { id, address, client, name, scope, createdAtMs, expiresAtMs } = found;
    return { id, address, client, name, scope, createdAtMs, expiresAtMs };
  }

  async decide(
    id: string,
    decision: DeviceGrant | 'denied',
    nowMs: number,
    audit: AuditEntry,
  ): Promise<boolean> {
    const found = this.#find((each) => each.id === id, nowMs);
    if (!found || found.decision !== null) return false;
    found.decision = decision;
    this.hub.note(audit);
    return true;
  }

  async poll(hash: Uint8Array, nowMs: number, slowDownMs: number): Promise<PolledDevice | null> {
    const found = this.#find((each) => same(each.deviceHash, hash), nowMs);
    if (!found) return null;
    const { decision, lastPolledAtMs } = found;
    const tooSoon = lastPolledAtMs !== null && nowMs - lastPolledAtMs < found.pollEveryMs;
    if (tooSoon) found.pollEveryMs += slowDownMs;
    found.lastPolledAtMs = nowMs;
    const grant = decision === null || decision === 'denied' ? null : decision;
    return {
      state: decision === 'denied' ? 'denied' : grant ? 'approved' : 'pending',
      tooSoon,
      pollEveryMs: found.pollEveryMs,
      accountKind: grant && (this.hub.users.get(grant.userId)?.kind ?? null),
    };
  }

  async claim(
    hash: Uint8Array,
    token: { id: string; hash: Uint8Array },
    nowMs: number,
    auditOf: (claimed: ClaimedDevice) => AuditEntry,
  ): Promise<ClaimedDevice | null> {
    const found = this.#find((each) => same(each.deviceHash, hash), nowMs);
    const grant = found?.decision;
    if (!found || !grant || grant === 'denied') return null;
    const user = this.hub.users.get(grant.userId);
    const narrow = { scopes: [], repoIds: null, branchPattern: null, expiresAtMs: null };
    const decider = user && {
      ...{ kind: 'user' as const, userId: user.id, handle: user.handle, accountKind: user.kind },
      ...{ role: user.role, sessionId: grant.sessionId },
      token: grant.tokenId === null ? null : { id: grant.tokenId, ...narrow },
    };
    if (!decider || typeof this.hub.refresh(decider) === 'string') return null;
    this.#requests.delete(found.id);
    const { sessionId: _session, tokenId: _token, ...made } = grant;
    this.hub.tokens.set(token.id, {
      ...{ ...made, id: token.id, hash: Buffer.from(token.hash).toString('hex') },
      ...{ branchPattern: null, createdAtMs: nowMs, revoked: false, lastUse: null },
    });
    const claimed = { ...grant, handle: decider.handle };
    this.hub.note(auditOf(claimed));
    return claimed;
  }

  async sweep(nowMs: number): Promise<number> {
    const over = [...this.#requests.values()].filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
    for (const { id } of over) this.#requests.delete(id);
    return over.length;
  }

  #find(which: (request: MemoryDevice) => boolean, nowMs: number): MemoryDevice | undefined {
    return [...this.#requests.values()].find((each) => which(each) && each.expiresAtMs > nowMs);
  }
}
