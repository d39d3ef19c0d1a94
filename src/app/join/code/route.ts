import { ticketCookie } from '~/server/auth/invitation-ticket';
import { leadTo, readForm } from '~/server/http/form-exchange';
import { faultResponse } from '~/server/http/respond';
import { formApi, problemOf } from '../../_components/form-context';

export const dynamic = 'force-dynamic';

/** The form of /join that takes the code of an invitation: the browser keeps a ticket for it. */
export async function POST(request: Request): Promise<Response> {
  const { api, deps } = formApi(request);
  try {
    const field = await readForm(request);
    const { ticket } = await api.join.takeCode({ code: field('code') });
    return leadTo(`${deps.url}/join`, [ticketCookie(ticket, deps)]);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return leadTo(`${deps.url}/join?${new URLSearchParams({ error: problem })}`);
  }
}
