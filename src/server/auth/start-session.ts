import type { CredentialUse } from '~/server/access';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore } from '~/server/ports/identity-store';
import { auditEntry } from '~/server/services/audit-entry';
import { SESSION_MAX_AGE_SECONDS } from './session-cookie';

export interface StartSessionDeps {
  identities: Pick<IdentityStore, 'createSession'>;
  clock: Pick<Clock, 'now' | 'uuid'>;
  use: CredentialUse;
}

/**
 * Makes the row of a browser session of an account that has proved itself; returns its id, which is
 * what the cookie holds.
 *
 * @param by how it proved itself, for the audit log: `token`, `password`, or the site that did
 */
export async function startSession(
  { userId, handle }: { userId: string; handle: string },
  { by, tokenId }: { by: string; tokenId: string | null },
  { identities, clock, use }: StartSessionDeps,
): Promise<string> {
  const id = clock.uuid();
  const token = null;
  const now = { kind: 'user', accountKind: 'human', role: 'user', token, sessionId: id } as const;
  const entry = auditEntry(
    { ...now, userId, handle },
    { use },
    {
      ...{ action: 'sign-in', subject: { kind: 'account', id: userId, name: handle } },
      detail: { with: by },
    },
  );
  await identities.createSession(
    {
      ...{ id, userId, tokenId, expiresAtMs: clock.now() + SESSION_MAX_AGE_SECONDS * 1000 },
      ...{ userAgent: use.client, address: use.address },
    },
    { ...entry, tokenId },
  );
  return id;
}
