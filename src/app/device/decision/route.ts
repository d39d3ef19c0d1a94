import { TRPCError } from '@trpc/server';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { readBody } from '~/server/http/body';
import { faultResponse } from '~/server/http/respond';
import { type ErrorCode, Refusal } from '~/wire/errors';

export const dynamic = 'force-dynamic';

const FORM_MAX_BYTES = 64 * 1024;

/**
 * The form of /device, which works without a script: approves or denies through the API, which
 * checks where the request comes from, and leads back to the page.
 */
export async function POST(request: Request): Promise<Response> {
  const { api: deps } = getContainer();
  const { headers } = request;
  const context = createApiContext({ headers, use: credentialUse(headers), lenient: true }, deps);
  const { device } = createCaller(context);
  const back = (query: Record<string, string>) => {
    const location = `${deps.url}/device?${new URLSearchParams(query)}`;
    return new Response(null, { status: 303, headers: { location } });
  };
  let code = '';
  try {
    const bytes = await readBody(request, FORM_MAX_BYTES);
    const form = new URLSearchParams(new TextDecoder().decode(bytes));
    const text = (name: string) => (form.get(name) ?? '').trim();
    code = text('code').slice(0, 20);
    if (text('decision') !== 'approve') {
      await device.deny({ code });
      return back({ done: 'denied' });
    }
    const repositories = text('repositories')
      .split(/[\s,]+/)
      .filter(Boolean);
    await device.approve({
      ...{ code, name: text('name'), scope: scopeOf(text('scope')) },
      repositories: text('reach') === 'some' ? repositories : null,
      days: Number(text('days')),
    });
    return back({ done: 'approved' });
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return back({ ...(code === '' ? {} : { code }), error: reason });
  }
}

const scopeOf = (text: string) => (text === 'read' || text === 'admin' ? text : 'write');

/** The hub's code for what was refused, with the field that was wrong; null for a fault. */
function reasonOf(error: unknown): ErrorCode | string | null {
  const refusal = error instanceof TRPCError && Refusal.is(error.cause) ? error.cause : error;
  if (Refusal.is(refusal)) {
    const { field } = refusal.detail;
    return refusal.code === 'bad-frame' && typeof field === 'string' ? field : refusal.code;
  }
  return error instanceof TRPCError && error.code === 'BAD_REQUEST' ? 'days' : null;
}
