import type { createCaller } from '~/server/api/root';
import { leadTo, readForm } from '~/server/http/form-exchange';
import { faultResponse } from '~/server/http/respond';
import { Refusal } from '~/wire/errors';
import { formApi, problemOf } from '../../_components/form-context';
import type { AccountAct } from '../../_components/plain-act';

export const dynamic = 'force-dynamic';

type Api = ReturnType<typeof createCaller>;
type Field = Awaited<ReturnType<typeof readForm>>;

const agentPage = (handle: string) => `/settings/agents/${encodeURIComponent(handle)}`;

async function setAgent(api: Api, field: Field, disabled: boolean): Promise<string> {
  const handle = field('handle');
  await api.agent.setDisabled({ handle, disabled });
  return agentPage(handle);
}

/** What each form asks of the API, and the page that shows what came of it. */
const ACTS: Record<AccountAct, (api: Api, field: Field) => Promise<string>> = {
  'profile.name': async (api, field) => {
    await api.account.setDisplayName({ displayName: field('displayName') });
    return '/settings/profile';
  },
  'profile.password': async (api, field) => {
    await api.account.setPassword({ current: field('current'), next: field('next') });
    return '/settings/profile?done=password';
  },
  'login.unlink': async (api, field) => {
    await api.account.unlinkLogin({ provider: field('provider'), subject: field('subject') });
    return '/settings/profile';
  },
  'session.end': async (api, field) => {
    await api.session.end({ id: field('id') });
    return '/settings/sessions';
  },
  'session.end-others': async (api) => {
    await api.session.endOthers();
    return '/settings/sessions';
  },
  'token.revoke': async (api, field) => {
    const [id, handle] = [field('id'), field('agent')];
    if (handle === '') await api.token.revoke({ id });
    else await api.agent.revokeToken({ handle, id });
    return handle === '' ? '/settings/tokens' : agentPage(handle);
  },
  'key.revoke': async (api, field) => {
    const handle = field('agent');
    await api.key.revoke({ keyId: field('keyId'), agent: handle || null });
    return handle === '' ? '/settings/keys' : agentPage(handle);
  },
  'agent.enable': (api, field) => setAgent(api, field, false),
  'agent.disable': (api, field) => setAgent(api, field, true),
};

const isAct = (name: string): name is AccountAct => Object.hasOwn(ACTS, name);

/**
 * The forms of one's own settings where scripts are off: does an act through the API, which checks
 * who asks and from which page, and leads to what came of it; what was refused is said on the page of
 * the profile.
 */
export async function POST(request: Request): Promise<Response> {
  const { api, deps } = formApi(request);
  try {
    const field = await readForm(request);
    const name = field('act');
    if (!isAct(name)) throw new Refusal('bad-frame', { field: 'act' });
    return leadTo(deps.url + (await ACTS[name](api, field)));
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return leadTo(`${deps.url}/settings/profile?error=${encodeURIComponent(problem)}`);
  }
}
