import { decode, encode } from 'next-auth/jwt';
import { readCookie } from './session-cookie';

/**
 * What a code is changed into when somebody comes with an invitation: it names the invitation,
 * encrypted, and is kept by the browser from the page that takes the code to the one that makes the
 * account, by password or by the sign-in of another site. That the invitation still stands is told
 * by its row.
 */
const NAME = 'musehub.invitation';
const MAX_AGE_SECONDS = 60 * 60;

export const invitationTicket = (invitationId: string, secret: string): Promise<string> =>
  encode({ token: { invitationId }, secret, maxAge: MAX_AGE_SECONDS, salt: NAME });

/** The invitation that a ticket names; null for none, a forged one and one that is too old. */
export async function readTicket(ticket: string | null, secret: string): Promise<string | null> {
  if (!ticket) return null;
  const claims = await decode({ token: ticket, secret, salt: NAME }).catch(() => null);
  return typeof claims?.invitationId === 'string' ? claims.invitationId : null;
}

/** The ticket of a `Cookie` header; null when there is none. */
export const ticketOf = (cookieHeader: string | null): string | null =>
  readCookie(cookieHeader, NAME) || null;

/** The value of a Set-Cookie header; null takes the cookie away. */
export function ticketCookie(ticket: string | null, { url }: { url: string }): string {
  const age = ticket === null ? 0 : MAX_AGE_SECONDS;
  const secure = url.startsWith('https:') ? '; Secure' : '';
  return `${NAME}=${ticket ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}${secure}`;
}
