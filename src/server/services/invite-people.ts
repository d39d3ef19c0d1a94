import type { Principal } from '~/server/access';
import type { InvitationCursor, ListedInvitation } from '~/server/ports/invitation-store';
import { Refusal } from '~/wire/errors';
import type { AccountDeps } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';

export const INVITATION_DAYS_MAX = 30;
export const INVITATION_USES_MAX = 100;
const NOTE_MAX_CHARS = 100;
const DAY_MS = 24 * 60 * 60 * 1000;

type InviteDeps = Pick<AccountDeps, 'invitations' | 'invitationCodes' | 'clock' | 'use'>;

export interface ShownInvitation extends ListedInvitation {
  state: 'open' | 'used' | 'over' | 'revoked';
}

/**
 * Makes an invitation; its code is in this answer and nowhere else. Throws `Refusal`: as
 * `expectHubAdmin`, `bad-frame` with the field that is wrong.
 */
export async function invitePeople(
  principal: Principal,
  wanted: { note: string; usesMax: number; days: number },
  deps: InviteDeps,
): Promise<{ id: string; code: string; expiresAtMs: number }> {
  const admin = expectHubAdmin(principal);
  const note = wanted.note.trim();
  if (note === '' || note.length > NOTE_MAX_CHARS) {
    throw wrong('note', `Say whom it is for, in 1 to ${NOTE_MAX_CHARS} characters.`);
  }
  const { usesMax, days } = wanted;
  if (!Number.isInteger(usesMax) || usesMax < 1 || usesMax > INVITATION_USES_MAX) {
    throw wrong('usesMax', `An invitation is for 1 to ${INVITATION_USES_MAX} people.`);
  }
  if (!Number.isInteger(days) || days < 1 || days > INVITATION_DAYS_MAX) {
    throw wrong('days', `An invitation stands for 1 to ${INVITATION_DAYS_MAX} days.`);
  }
  const id = deps.clock.uuid();
  const expiresAtMs = deps.clock.now() + days * DAY_MS;
  const { text, hash } = deps.invitationCodes.mint();
  await deps.invitations.createInvitation(
    { id, codeHash: hash, madeById: admin.userId, note, usesMax, expiresAtMs },
    auditEntry(admin, deps, {
      ...{ action: 'invitation.create', subject: { kind: 'invitation', id, name: note } },
      ...{ reason: note, detail: { usesMax, days } },
    }),
  );
  return { id, code: text, expiresAtMs };
}

/** A page of invitations, newest first. Throws as `expectHubAdmin`. */
export async function listInvitations(
  principal: Principal,
  { before, limit }: { before: InvitationCursor | null; limit: number },
  { invitations, clock }: Pick<InviteDeps, 'invitations' | 'clock'>,
): Promise<{ invitations: ShownInvitation[]; next: InvitationCursor | null }> {
  expectHubAdmin(principal);
  const rows = await invitations.listInvitations(before, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const now = clock.now();
  return {
    invitations: page.map((row) => ({ ...row, state: stateOf(row, now) })),
    next: rows.length > limit && last ? { atMs: last.createdAtMs, id: last.id } : null,
  };
}

/** Takes an invitation back. Throws as `expectHubAdmin`, and `object-not-found`. */
export async function revokeInvitation(
  principal: Principal,
  { id, reason: given }: { id: string; reason: string },
  deps: InviteDeps,
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(given);
  const entry = auditEntry(admin, deps, {
    ...{ action: 'invitation.revoke', subject: { kind: 'invitation', id, name: '' }, reason },
  });
  if (await deps.invitations.revokeInvitation(id, entry)) return;
  const message = 'There is no such invitation; it may be taken back already.';
  throw new Refusal('object-not-found', {}, message);
}

/**
 * The invitation that a code stands for. Throws `Refusal` with the problem `invitation-gone`; a text
 * that cannot be a code costs no query.
 */
export async function findInvitation(
  code: string,
  deps: Pick<InviteDeps, 'invitations' | 'invitationCodes'>,
): Promise<{ id: string }> {
  const hash = deps.invitationCodes.hash(code.trim());
  const invitation = hash && (await deps.invitations.findInvitation(hash));
  if (!invitation) throw accountRefusal('invitation-gone');
  return invitation;
}

function stateOf(invitation: ListedInvitation, nowMs: number): ShownInvitation['state'] {
  if (invitation.revoked) return 'revoked';
  if (invitation.uses >= invitation.usesMax) return 'used';
  return invitation.expiresAtMs <= nowMs ? 'over' : 'open';
}

const wrong = (field: string, message: string) => new Refusal('bad-frame', { field }, message);
