import { isChannel, type ReleaseChannel } from '~/muse/semver';
import type { createCaller } from '~/server/api/root';
import { leadTo, readForm } from '~/server/http/form-exchange';
import { faultResponse } from '~/server/http/respond';
import { Refusal } from '~/wire/errors';
import {
  branchesAddress,
  pushAddress,
  type RepoName,
  releaseAddress,
  releasesAddress,
  tagsAddress,
} from '../../../_components/address';
import { formApi, problemOf } from '../../../_components/form-context';
import type { RepoAct } from '../../../_components/plain-act';

export const dynamic = 'force-dynamic';

type Api = ReturnType<typeof createCaller>;
type Field = Awaited<ReturnType<typeof readForm>>;

interface Act {
  /** Does it through the API; resolves to the page that shows what came of it. */
  run(api: Api, repo: RepoName, field: Field): Promise<string>;
  /** The page that says what was refused. */
  back(repo: RepoName, field: Field): string;
}

const words = (field: Field) => ({
  ...{ title: field('title'), body: field('body'), isDraft: field('isDraft') !== '' },
});
const channelOf = (field: Field): ReleaseChannel | null => {
  const chosen = field('channel');
  return isChannel(chosen) ? chosen : null;
};

const ACTS: Record<RepoAct, Act> = {
  'tag.add': {
    run: async (api, repo, field) => {
      await api.tag.add({ ...repo, name: field('name'), ref: field('ref') });
      return tagsAddress(repo);
    },
    back: (repo) => tagsAddress(repo),
  },
  'tag.remove': {
    run: async (api, repo, field) => {
      await api.tag.remove({ ...repo, id: field('id') });
      return tagsAddress(repo);
    },
    back: (repo) => tagsAddress(repo),
  },
  'branch.delete': {
    run: async (api, repo, field) => {
      const [branch, expectedHead] = [field('branch'), field('expectedHead')];
      await api.branch.delete({ ...repo, branch, expectedHead });
      return branchesAddress(repo, { show: 'deleted' });
    },
    back: (repo) => branchesAddress(repo),
  },
  'branch.restore': {
    run: async (api, repo, field) => {
      const moved = await api.branch.restore({
        ...{ ...repo, pushId: field('pushId'), expectedHead: field('expectedHead') || null },
        to: field('to') === 'before' ? 'before' : 'after',
      });
      return pushAddress(repo, moved.pushId);
    },
    back: (repo, field) => pushAddress(repo, field('pushId')),
  },
  'release.create': {
    run: async (api, repo, field) => {
      const wanted = { ...words(field), tag: field('tag'), ref: field('ref') };
      const channel = channelOf(field);
      return releaseAddress(repo, (await api.release.create({ ...repo, ...wanted, channel })).tag);
    },
    back: (repo) => `${releasesAddress(repo)}/new`,
  },
  'release.update': {
    run: async (api, repo, field) => {
      const tag = field('tag');
      const channel = channelOf(field);
      if (channel === null) throw new Refusal('bad-release', { field: 'channel' });
      await api.release.update({ ...repo, ...words(field), tag, channel });
      return releaseAddress(repo, tag);
    },
    back: (repo, field) => `${releaseAddress(repo, field('tag'))}/edit`,
  },
  'release.delete': {
    run: async (api, repo, field) => {
      await api.release.delete({ ...repo, tag: field('tag') });
      return releasesAddress(repo);
    },
    back: (repo, field) => releaseAddress(repo, field('tag')),
  },
};

const isAct = (name: string): name is RepoAct => Object.hasOwn(ACTS, name);

/**
 * The forms of a repository's pages where scripts are off: does an act through the API, which checks
 * who asks and from which page, and leads to what came of it, or back with what was refused.
 */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ owner: string; slug: string }> },
): Promise<Response> {
  const repo = await params;
  const { api, deps } = formApi(request);
  let back = tagsAddress(repo);
  try {
    const field = await readForm(request);
    const name = field('act');
    if (!isAct(name)) throw new Refusal('bad-frame', { field: 'act' });
    back = ACTS[name].back(repo, field);
    return leadTo(deps.url + (await ACTS[name].run(api, repo, field)));
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return leadTo(`${deps.url}${back}?refused=${encodeURIComponent(problem)}`);
  }
}
