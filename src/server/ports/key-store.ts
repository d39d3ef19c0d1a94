import type { AuditEntry } from './audit-log';

/** An Ed25519 public key that is to be registered. */
export interface NewSigningKey {
  /** 64 hex: SHA-256 of the raw public key. */
  keyId: string;
  /** 32 bytes. */
  publicKey: Uint8Array;
  userId: string;
  name: string;
}

export interface ListedSigningKey {
  keyId: string;
  publicKey: Uint8Array;
  name: string;
  createdAtMs: number;
  /** From then on it signs nothing new; null: it is good. */
  revokedAtMs: number | null;
}

/** Signing keys, for those who manage them. */
export interface KeyStore {
  /** An account's keys, revoked ones too, newest first. */
  listKeys(userId: string, limit: number): Promise<ListedSigningKey[]>;
  /** Registers a key; false when it is registered, or was, to whomever. */
  addKey(key: NewSigningKey, audit: AuditEntry): Promise<boolean>;
  /** Whose key it is, revoked or not; null when it is nobody's. */
  findOwner(keyId: string): Promise<{ userId: string; revoked: boolean } | null>;
  /** Takes a key of the account back; false when there is none that was not before. */
  revokeOwnKey(userId: string, keyId: string, audit: AuditEntry): Promise<boolean>;
}
