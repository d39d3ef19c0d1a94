import { TRPCError } from '@trpc/server';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { readBody } from '~/server/http/body';
import { faultResponse } from '~/server/http/respond';
import { accountProblemOf } from '~/server/services/account-problem';
import { Refusal } from '~/wire/errors';

export const dynamic = 'force-dynamic';

const FORM_MAX_BYTES = 64 * 1024;

type Api = ReturnType<typeof createCaller>['admin'];
type Form = URLSearchParams;
const text = (form: Form, name: string): string => form.get(name) ?? '';

/** What the forms of the admin area can ask for; each tells how many things it did. */
const ACTS = {
  'tokens.revoke': async (api: Api, form: Form, reason: string) =>
    (await api.tokens.revoke({ ids: form.getAll('id'), reason })).revoked,
  'repositories.delete': async (api: Api, form: Form, reason: string) => {
    await api.repositories.delete({ owner: text(form, 'owner'), slug: text(form, 'slug'), reason });
    return 1;
  },
  'jobs.retry': async (api: Api, form: Form, reason: string) => {
    await api.jobs.retry({ id: text(form, 'id'), reason });
    return 1;
  },
  'users.create': async (api: Api, form: Form, reason: string) => {
    await api.users.create({
      ...{ handle: text(form, 'handle'), displayName: text(form, 'displayName'), reason },
      kind: text(form, 'kind') === 'agent' ? 'agent' : 'human',
      owner: text(form, 'owner') || null,
    });
    return 1;
  },
  'users.disable': async (api: Api, form: Form, reason: string) => {
    await api.users.setDisabled({ handle: text(form, 'handle'), disabled: true, reason });
    return 1;
  },
  'users.enable': async (api: Api, form: Form, reason: string) => {
    await api.users.setDisabled({ handle: text(form, 'handle'), disabled: false, reason });
    return 1;
  },
  'users.setRole': async (api: Api, form: Form, reason: string) => {
    const role = text(form, 'role') === 'admin' ? 'admin' : 'user';
    await api.users.setRole({ handle: text(form, 'handle'), role, reason });
    return 1;
  },
  'users.setSignUp': async (api: Api, form: Form, reason: string) => {
    const wanted = text(form, 'signUp');
    const signUp = wanted === 'open' || wanted === 'invitation' ? wanted : 'closed';
    await api.users.setSignUp({ signUp, reason });
    return 1;
  },
  'users.revokeInvitation': async (api: Api, form: Form, reason: string) => {
    await api.users.revokeInvitation({ id: text(form, 'id'), reason });
    return 1;
  },
  'hub.setPolicy': async (api: Api, form: Form, reason: string) => {
    const days = text(form, 'days').trim();
    await api.hub.setPolicy({ days: days === '' ? null : Number(days), reason });
    return 1;
  },
};

export type AdminAct = keyof typeof ACTS;

const isAct = (name: string): name is AdminAct => Object.hasOwn(ACTS, name);

/**
 * The forms of the admin area, which work without a script: does an act through the API, which
 * checks who asks and from which page, and leads back to where it came from.
 */
export async function POST(request: Request): Promise<Response> {
  const { api: deps } = getContainer();
  const { headers } = request;
  const context = createApiContext({ headers, use: credentialUse(headers), lenient: true }, deps);
  try {
    const form = new URLSearchParams(
      new TextDecoder().decode(await readBody(request, FORM_MAX_BYTES)),
    );
    const back = backTo(text(form, 'back'), deps.url);
    try {
      const name = text(form, 'act');
      const api = createCaller(context).admin;
      // Asked first, so that whoever is no admin learns nothing of what there is to do.
      await api.hub.policy();
      if (!isAct(name)) throw new Refusal('bad-frame', { field: 'act' });
      return leadTo(back, 'done', String(await ACTS[name](api, form, text(form, 'reason'))));
    } catch (error) {
      const code = codeOf(error);
      if (code === null) throw error;
      return code === 'none' ? nothingHere() : leadTo(back, 'refused', code);
    }
  } catch (error) {
    return faultResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

/** A page of the admin area; nowhere else. */
function backTo(given: string, hubUrl: string): URL {
  const url = URL.canParse(given, hubUrl)
    ? new URL(given, hubUrl)
    : new URL('/admin/tokens', hubUrl);
  const within = url.origin === new URL(hubUrl).origin && url.pathname.startsWith('/admin/');
  return within ? url : new URL('/admin/tokens', hubUrl);
}

function leadTo(page: URL, name: 'done' | 'refused', value: string): Response {
  for (const other of ['done', 'refused']) page.searchParams.delete(other);
  page.searchParams.set(name, value);
  return new Response(null, { status: 303, headers: { location: page.href } });
}

const nothingHere = (): Response =>
  new Response('Not found\n', { status: 404, headers: { 'cache-control': 'no-store' } });

/** The hub's code for what the API refused, `none` for those who are no admins; null for a fault. */
function codeOf(error: unknown): string | null {
  if (Refusal.is(error)) return error.code;
  if (!(error instanceof TRPCError)) return null;
  if (Refusal.is(error.cause)) return accountProblemOf(error.cause) ?? error.cause.code;
  if (error.code === 'NOT_FOUND') return 'none';
  return error.code === 'BAD_REQUEST' ? 'bad-frame' : null;
}
