import type { Scope } from '../access';
import type { AuditEntry } from './audit-log';

/** A program's request to be signed in by a person at a browser. */
export interface NewDeviceRequest {
  id: string;
  /** SHA-256 of the code the program polls with. */
  deviceHash: Uint8Array;
  /** SHA-256 of the code the person types. */
  codeHash: Uint8Array;
  /** What open requests are counted by: the address, or the network of an IPv6 one. */
  network: string;
  address: string;
  client: string;
  name: string;
  scope: Scope;
  createdAtMs: number;
  expiresAtMs: number;
  pollEveryMs: number;
}

/** A request that waits for a decision, as the person sees it. */
export type OpenDeviceRequest = Pick<
  NewDeviceRequest,
  'id' | 'address' | 'client' | 'name' | 'scope' | 'createdAtMs' | 'expiresAtMs'
>;

/** The token that a program gets, and who allowed it. */
export interface DeviceGrant {
  userId: string;
  /** The session and the token that the person decided with; null: none. */
  sessionId: string | null;
  tokenId: string | null;
  name: string;
  scopes: Scope[];
  repoIds: string[] | null;
  expiresAtMs: number;
}

export interface PolledDevice {
  state: 'pending' | 'approved' | 'denied';
  /** It came before its time; the interval has grown by that. */
  tooSoon: boolean;
  pollEveryMs: number;
  /** Whose token it will be; null before the decision. */
  accountKind: 'human' | 'agent' | null;
}

/** What an approved request became: its token, for the account that approved. */
export interface ClaimedDevice extends DeviceGrant {
  handle: string;
}

/** Requests of programs to be signed in; those whose time is over are not found. */
export interface DeviceStore {
  /** Stores a request; false when `openMax` of its network are open already. */
  openRequest(request: NewDeviceRequest, openMax: number): Promise<boolean>;
  /** The request that a typed code means and that is undecided; null otherwise. */
  findOpen(codeHash: Uint8Array, nowMs: number): Promise<OpenDeviceRequest | null>;
  /** Decides an open request; false when it is decided already, or its time is over. */
  decide(
    id: string,
    decision: DeviceGrant | 'denied',
    nowMs: number,
    audit: AuditEntry,
  ): Promise<boolean>;
  /**
   * Notes that the program asked, and tells how far its request is; null when there is none. Whoever
   * asks sooner than `pollEveryMs` after the last time shall wait `slowDownMs` more each time.
   */
  poll(deviceHash: Uint8Array, nowMs: number, slowDownMs: number): Promise<PolledDevice | null>;
  /**
   * Turns an approved request into its access token and removes it, in one transaction. Null when it
   * is gone or not approved, or who approved it has lost the session, the token or the account.
   */
  claim(
    deviceHash: Uint8Array,
    token: { id: string; hash: Uint8Array },
    nowMs: number,
    auditOf: (claimed: ClaimedDevice) => AuditEntry,
  ): Promise<ClaimedDevice | null>;
  /** Removes what is over; how many. */
  sweep(nowMs: number): Promise<number>;
}
