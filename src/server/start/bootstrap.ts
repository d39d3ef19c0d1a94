import fs from 'node:fs';
import path from 'node:path';
import { hashToken, newToken } from '../auth/token-text';
import type { AccountStore } from '../ports/account-store';
import type { Clock } from '../ports/clock';
import type { IdentityStore } from '../ports/identity-store';
import { ofAccount } from '../services/account-deps';
import { accountRefusal } from '../services/account-problem';
import { hubEntry } from '../services/audit-entry';
import { writePrivateFile } from './secrets';

const ADMIN_HANDLE = 'admin';

export interface BootstrapDeps {
  identities: Pick<IdentityStore, 'findUser' | 'findToken' | 'createToken'>;
  accounts: Pick<AccountStore, 'createAccount'>;
  clock: Pick<Clock, 'uuid'>;
}

/**
 * Sees to it that a new hub has an account to begin with: `admin`, whose token lies in
 * `<data>/admin-token`. The file is written before the rows, so that an interrupted first start is
 * completed by the next one instead of leaving an account that nobody can use.
 *
 * Returns the file's path when the account was made now, else null.
 */
export async function bootstrapAdmin(
  dataFolder: string,
  { identities, accounts, clock }: BootstrapDeps,
): Promise<string | null> {
  const file = path.join(dataFolder, 'admin-token');
  const existing = await identities.findUser(ADMIN_HANDLE);
  const kept = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : null;
  if (existing && kept === null) return null;
  const text = kept ?? newToken('human');
  if (kept === null) writePrivateFile(file, `${text}\n`);

  const userId = existing?.id ?? clock.uuid();
  if (!existing) {
    const problem = await accounts.createAccount(
      {
        ...{ id: userId, handle: ADMIN_HANDLE, displayName: 'Administrator', kind: 'human' },
        ...{ role: 'admin', ownerId: null, passwordHash: null, login: null, invitationId: null },
      },
      hubEntry({
        ...{ action: 'account.create', ...ofAccount({ id: userId, handle: ADMIN_HANDLE }) },
        detail: { kind: 'human', role: 'admin' },
      }),
    );
    if (problem !== null) {
      if (kept !== null) throw accountRefusal(problem);
      fs.rmSync(file); // another hub on the same database was faster; its token is the one
      return null;
    }
  }
  if (await identities.findToken(hashToken(text))) return null;
  const id = clock.uuid();
  const name = 'first start';
  await identities.createToken(
    {
      ...{ id, userId, name, hash: hashToken(text), scopes: ['read', 'write', 'admin'] },
      ...{ repoIds: null, branchPattern: null, expiresAtMs: null },
    },
    hubEntry({
      action: 'token.create',
      subject: { kind: 'token', id, name },
      detail: { account: ADMIN_HANDLE },
    }),
  );
  return file;
}
