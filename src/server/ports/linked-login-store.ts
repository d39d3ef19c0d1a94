import type { LoginKey } from './account-store';
import type { AuditEntry } from './audit-log';

export interface LinkedLogin extends LoginKey {
  /** The name there, for the person to tell one from another. */
  name: string;
  createdAtMs: number;
}

/** Accounts of other sites that sign people in here. */
export interface LinkedLoginStore {
  findLogin(login: LoginKey): Promise<{ userId: string; handle: string; disabled: boolean } | null>;
  /** Oldest first. */
  listLogins(userId: string): Promise<LinkedLogin[]>;
  /** False when it signs in an account already, this or another. */
  linkLogin(
    login: LoginKey & { userId: string; name: string },
    audit: AuditEntry,
  ): Promise<boolean>;
  /** False when the account has none such. */
  unlinkLogin(userId: string, login: LoginKey, audit: AuditEntry): Promise<boolean>;
}
