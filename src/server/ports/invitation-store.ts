import type { AuditEntry } from './audit-log';

export interface NewInvitation {
  id: string;
  /** SHA-256 of the code. */
  codeHash: Uint8Array;
  madeById: string;
  note: string;
  /** So many accounts can be made with it. */
  usesMax: number;
  expiresAtMs: number;
}

export interface ListedInvitation {
  id: string;
  /** The account whose password it may set; null: it makes new accounts. */
  forHandle: string | null;
  madeBy: string;
  note: string;
  uses: number;
  usesMax: number;
  createdAtMs: number;
  expiresAtMs: number;
  revoked: boolean;
}

export interface InvitationCursor {
  atMs: number;
  id: string;
}

/** Codes of invitations: their texts are told once, their hashes kept. */
export interface InvitationCodes {
  mint(): { text: string; hash: Uint8Array };
  /** SHA-256 of a code; null for a text that cannot be one. */
  hash(text: string): Uint8Array | null;
}

/** Invitations to make an account. `PasswordStore` has those to set a password. */
export interface InvitationStore {
  createInvitation(invitation: NewInvitation, audit: AuditEntry): Promise<void>;
  /** An invitation by which an account can be made now; null: none. */
  findInvitation(codeHash: Uint8Array): Promise<{ id: string } | null>;
  /** Whether an account can still be made by it. */
  invitationStands(id: string): Promise<boolean>;
  /** Newest first, those that are used up, over or taken back too. */
  listInvitations(before: InvitationCursor | null, limit: number): Promise<ListedInvitation[]>;
  /** False when there is none of this id that was not taken back before. */
  revokeInvitation(id: string, audit: AuditEntry): Promise<boolean>;
}
