import fs from 'node:fs';
import path from 'node:path';
import { Refusal } from '~/wire/errors';
import { hashToken, newToken } from '../auth/token-text';
import type { Clock } from '../ports/clock';
import type { IdentityStore } from '../ports/identity-store';
import { hubEntry } from '../services/audit-entry';
import { writePrivateFile } from './secrets';

const ADMIN_HANDLE = 'admin';

/**
 * Sees to it that a new hub has an account to begin with: `admin`, whose token lies in
 * `<data>/admin-token`. The file is written before the rows, so that an interrupted first start is
 * completed by the next one instead of leaving an account that nobody can use.
 *
 * Returns the file's path when the account was made now, else null.
 */
export async function bootstrapAdmin(
  dataFolder: string,
  identities: Pick<IdentityStore, 'findUser' | 'findToken' | 'createUser' | 'createToken'>,
  clock: Pick<Clock, 'uuid'>,
): Promise<string | null> {
  const file = path.join(dataFolder, 'admin-token');
  const existing = await identities.findUser(ADMIN_HANDLE);
  const kept = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : null;
  if (existing && kept === null) return null;
  const text = kept ?? newToken('human');
  if (kept === null) writePrivateFile(file, `${text}\n`);

  const userId = existing?.id ?? clock.uuid();
  if (!existing) {
    try {
      await identities.createUser({
        id: userId,
        handle: ADMIN_HANDLE,
        displayName: 'Administrator',
        kind: 'human',
        ownerId: null,
        role: 'admin',
      });
    } catch (error) {
      if (!Refusal.is(error) || kept !== null) throw error;
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
