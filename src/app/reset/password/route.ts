import { sessionCookie } from '~/server/auth/session-cookie';
import { startSession } from '~/server/auth/start-session';
import { leadTo, readForm } from '~/server/http/form-exchange';
import { faultResponse } from '~/server/http/respond';
import { formApi, problemOf } from '../../_components/form-context';

export const dynamic = 'force-dynamic';

/** The form of /reset: sets the password that a code stands for, and signs the account in. */
export async function POST(request: Request): Promise<Response> {
  const { api, deps } = formApi(request);
  try {
    const field = await readForm(request);
    const account = await api.join.setPassword({
      ...{ code: field('code'), password: field('password') },
    });
    const sessionId = await startSession(account, { by: 'password', tokenId: null }, deps);
    return leadTo(`${deps.url}/`, [await sessionCookie(sessionId, deps)]);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return leadTo(`${deps.url}/reset?${new URLSearchParams({ error: problem })}`);
  }
}
