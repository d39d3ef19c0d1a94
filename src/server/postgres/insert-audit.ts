import type { AuditEntry } from '../ports/audit-log';
import { asking } from './database-error';
import type { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableJson, storableText } from './storable';

/** An act may have to wait for a push that holds the row it changes. */
const ACT_MAX_MS = 60_000;
const CONNECTION_MAX_MS = 10_000;
/** For a transaction that does an act. */
export const ACT_OPTIONS = { maxWait: CONNECTION_MAX_MS, timeout: ACT_MAX_MS };
const NAME_CHARACTERS_MAX = 300;
const CLIENT_CHARACTERS_MAX = 200;
const ADDRESS_CHARACTERS_MAX = 100;
const REASON_CHARACTERS_MAX = 1_000;

type Transaction = Pick<Prisma.TransactionClient, '$executeRaw'>;

/** Notes an act in the transaction that does it, so that neither is there without the other. */
export async function insertAudit(tx: Transaction, entry: AuditEntry): Promise<void> {
  const { subject } = entry;
  await tx.$executeRaw`
    INSERT INTO audit_log (action, actor_id, actor_name, token_id, session_id, subject_kind,
                           subject_id, subject_name, repo_id, address, client, reason, detail)
    VALUES (${entry.action}, ${uuidOf(entry.actorId)}::uuid,
            ${storableText(entry.actorName, NAME_CHARACTERS_MAX)}, ${uuidOf(entry.tokenId)}::uuid,
            ${uuidOf(entry.sessionId)}::uuid, ${subject.kind},
            ${subject.id === null ? null : storableText(subject.id, NAME_CHARACTERS_MAX)},
            ${storableText(subject.name, NAME_CHARACTERS_MAX)}, ${uuidOf(entry.repoId)}::uuid,
            ${storableText(entry.address, ADDRESS_CHARACTERS_MAX)},
            ${storableText(entry.client, CLIENT_CHARACTERS_MAX)},
            ${storableText(entry.reason, REASON_CHARACTERS_MAX)},
            ${storableJson(entry.detail)}::jsonb)`;
}

/**
 * Does a change and notes it, in one transaction; a change that changed no row is not noted.
 * Returns how many rows it changed.
 */
export function audited(
  prisma: PrismaClient,
  entry: AuditEntry,
  change: (tx: Prisma.TransactionClient) => Promise<number>,
): Promise<number> {
  return asking(() =>
    prisma.$transaction(async (tx) => {
      const changed = await change(tx);
      if (changed > 0) await insertAudit(tx, entry);
      return changed;
    }, ACT_OPTIONS),
  );
}

const uuidOf = (id: string | null): string | null => (id !== null && isUuid(id) ? id : null);
