import { ANONYMOUS, type CredentialUse, type Principal } from '~/server/access';
import type { AuditAction, AuditEntry, AuditSubject } from '~/server/ports/audit-log';

/** What a service that changes something needs beside its ports: from where it is asked. */
export interface ActDeps {
  use: CredentialUse;
}

export interface Act {
  action: AuditAction;
  subject: AuditSubject;
  repoId?: string;
  reason?: string;
  detail?: Record<string, unknown>;
}

/** What is noted of an act: who does it, with which token, from where. */
export function auditEntry(principal: Principal, { use }: ActDeps, act: Act): AuditEntry {
  const user = principal.kind === 'user' ? principal : null;
  const actor = user?.actor ?? user;
  return {
    action: act.action,
    actorId: actor?.userId ?? null,
    actorName: actor?.handle ?? '',
    tokenId: user?.token?.id ?? null,
    sessionId: user?.sessionId ?? null,
    subject: act.subject,
    repoId: act.repoId ?? null,
    address: use.address,
    client: use.client,
    reason: act.reason ?? '',
    detail: act.detail ?? {},
  };
}

/** What is noted of what the hub does by itself, such as making its first account. */
export const hubEntry = (act: Act): AuditEntry =>
  auditEntry(ANONYMOUS, { use: { address: '', client: 'musehub' } }, act);

interface Named {
  id: string;
  owner: string;
  slug: string;
}

/** A repository as the subject of an act, and what the log finds it by. */
export const ofRepository = ({ id, owner, slug }: Named) => ({
  subject: { kind: 'repository' as const, id, name: `${owner}/${slug}` },
  repoId: id,
});
