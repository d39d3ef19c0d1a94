import { ticketCookie, ticketOf } from '~/server/auth/invitation-ticket';
import { sessionCookie } from '~/server/auth/session-cookie';
import { startSession } from '~/server/auth/start-session';
import { leadTo, readForm } from '~/server/http/form-exchange';
import { faultResponse } from '~/server/http/respond';
import { formApi, problemOf } from '../../_components/form-context';

export const dynamic = 'force-dynamic';

/** The form of /join that makes an account with a password, and signs it in. */
export async function POST(request: Request): Promise<Response> {
  const { api, deps } = formApi(request);
  let kept: Record<string, string> = {};
  try {
    const field = await readForm(request);
    kept = {
      handle: field('handle').slice(0, 100),
      name: field('displayName').slice(0, 200),
    };
    const account = await api.join.join({
      ...{ handle: field('handle'), displayName: field('displayName') },
      ...{ password: field('password'), ticket: ticketOf(request.headers.get('cookie')) },
    });
    const sessionId = await startSession(account, { by: 'password', tokenId: null }, deps);
    const cookies = [await sessionCookie(sessionId, deps), ticketCookie(null, deps)];
    return leadTo(`${deps.url}/`, cookies);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return leadTo(`${deps.url}/join?${new URLSearchParams({ ...kept, error: problem })}`);
  }
}
