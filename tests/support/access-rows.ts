import { STREAM_MIME_TYPE } from '~/wire/limits';

/**
 * Every route of the hub, and what it needs: the rows of the access matrix. A route or procedure
 * without a row fails the test.
 */

/** The repository that a cell asks about. */
export interface Subject {
  owner: string;
  slug: string;
  commit: string;
  object: string;
  /** Id of an accepted push. */
  push: string;
}

export interface Row {
  /**
   * Of whom the route asks something: to read, push to, change or manage the repository, or to be
   * signed in and read it; `global`: it tells of no one repository, and must not name hidden ones;
   * `hub`: for admins of the hub, to all others it is not there.
   */
  need: 'read' | 'write' | 'change' | 'manage' | 'comment' | 'global' | 'hub';
  path: (subject: Subject) => string;
  body?: (subject: Subject) => { type: string; bytes: BodyInit };
  /** Pages take a token that is no good for none; programs are told. */
  page?: boolean;
  /** What is asked for, where an address has several forms. */
  accept?: string;
  /** Stands in the answer to those who may, and in no other. */
  marker?: string;
}

const at = ({ owner, slug }: Subject) => `/${owner}/${slug}`;
const page = (path: Row['path'], more: Partial<Row> = {}): Row => {
  return { need: 'read', page: true, path, ...more };
};
const json = (value: (subject: Subject) => unknown): Row['body'] => {
  return (subject) => ({ type: 'application/json', bytes: JSON.stringify(value(subject)) });
};
const form = (fields: string): Row['body'] => {
  return () => ({ type: 'application/x-www-form-urlencoded', bytes: fields });
};
const post = (rest: string, value: (subject: Subject) => unknown): Row => {
  return { need: 'read', path: (s) => at(s) + rest, body: json(value) };
};
const anywhere = (path: string, more: Partial<Row> = {}): Row => {
  return { need: 'global', path: () => path, ...more };
};
const REPO = '/[owner]/[slug]';
/** Routes of version 1 answer alike whoever asks, without a look at any repository. */
const retired = (rest: string): Record<string, Row> =>
  Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [
      `${method} ${REPO}${rest}`,
      { need: 'global', path: (s: Subject) => at(s) + rest },
    ]),
  );
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

export const ROUTES: Record<string, Row> = {
  [`PAGE ${REPO}`]: page(at),
  [`PAGE ${REPO}/blob/[...path]`]: page((s) => `${at(s)}/blob/main/a.txt`),
  [`PAGE ${REPO}/branches`]: page((s) => `${at(s)}/branches`),
  [`PAGE ${REPO}/commits`]: page((s) => `${at(s)}/commits`),
  [`PAGE ${REPO}/commits/[commit_id]`]: page((s) => `${at(s)}/commits/${s.commit}`),
  [`PAGE ${REPO}/commits/[commit_id]/diff`]: page((s) => `${at(s)}/commits/${s.commit}/diff`),
  [`PAGE ${REPO}/find/[...ref]`]: page((s) => `${at(s)}/find/main`),
  [`PAGE ${REPO}/compare`]: page((s) => `${at(s)}/compare`),
  [`PAGE ${REPO}/compare/[...refs]`]: page((s) => `${at(s)}/compare/main...${s.commit}`),
  [`PAGE ${REPO}/pushes`]: page((s) => `${at(s)}/pushes`),
  [`PAGE ${REPO}/releases`]: page((s) => `${at(s)}/releases`),
  [`PAGE ${REPO}/releases/new`]: page((s) => `${at(s)}/releases/new`),
  [`PAGE ${REPO}/releases/[tag]`]: page((s) => `${at(s)}/releases/v1.0.0`),
  [`PAGE ${REPO}/releases/[tag]/edit`]: page((s) => `${at(s)}/releases/v1.0.0/edit`),
  [`PAGE ${REPO}/tags`]: page((s) => `${at(s)}/tags`),
  // Browsers come to it by the address of the outcome.
  [`PAGE ${REPO}/pushes/[pushId]/view`]: page((s) => `${at(s)}/pushes/${s.push}`),
  [`PAGE ${REPO}/tree/[...path]`]: page((s) => `${at(s)}/tree/main`),
  [`PAGE ${REPO}/settings`]: page((s) => `${at(s)}/settings`, {
    need: 'manage',
    marker: 'Branch rules',
  }),
  [`GET ${REPO}/commits/[commit_id]/record`]: {
    need: 'read',
    path: (s) => `${at(s)}/commits/${s.commit}/record`,
  },
  // A form: it leads back to the page, which then decides, whoever sends it.
  [`POST ${REPO}/commits/[commit_id]/comments`]: {
    need: 'global',
    path: (s) => `${at(s)}/commits/${s.commit}/comments`,
    body: () => ({ type: 'application/x-www-form-urlencoded', bytes: 'body=' }),
  },
  [`POST ${REPO}/act`]: {
    need: 'global',
    path: (s) => `${at(s)}/act`,
    body: () => ({
      type: 'application/x-www-form-urlencoded',
      bytes: 'act=tag.add&name=x&ref=main',
    }),
  },
  [`POST ${REPO}/commits/[commit_id]/comments/[comment_id]`]: {
    need: 'global',
    path: (s) => `${at(s)}/commits/${s.commit}/comments/${UNKNOWN}`,
    body: () => ({ type: 'application/x-www-form-urlencoded', bytes: 'act=delete' }),
  },
  [`POST ${REPO}/fetch`]: post('/fetch', () => ({ want: [], have: [] })),
  [`POST ${REPO}/fetch/stream`]: post('/fetch/stream', () => ({ want: [], have: [] })),
  [`POST ${REPO}/fetch/objects`]: post('/fetch/objects', (s) => ({ object_ids: [s.object] })),
  [`POST ${REPO}/negotiate`]: post('/negotiate', () => ({ want: [], have: [] })),
  [`GET ${REPO}/o/[id]`]: { need: 'read', path: (s) => `${at(s)}/o/${s.object}` },
  [`GET ${REPO}/raw/[...path]`]: { need: 'read', path: (s) => `${at(s)}/raw/main/a.txt` },
  [`GET ${REPO}/archive/[...ref]`]: { need: 'read', path: (s) => `${at(s)}/archive/main.zip` },
  [`GET ${REPO}/paths/[...ref]`]: { need: 'read', path: (s) => `${at(s)}/paths/main` },
  [`GET ${REPO}/refs`]: { need: 'read', path: (s) => `${at(s)}/refs` },
  [`GET ${REPO}/pushes/[pushId]`]: {
    need: 'read',
    path: (s) => `${at(s)}/pushes/${s.push}`,
    accept: 'application/json',
  },
  [`GET ${REPO}/pushes/export`]: { need: 'read', path: (s) => `${at(s)}/pushes/export` },
  [`POST ${REPO}/push/stream`]: {
    need: 'write',
    path: (s) => `${at(s)}/push/stream`,
    body: () => ({ type: STREAM_MIME_TYPE, bytes: 'no frame' }),
  },
  [`GET /api/wire${REPO}/tags`]: { need: 'read', path: (s) => `/api/wire${at(s)}/tags` },
  [`POST /api/wire${REPO}/tags`]: { ...post('/tags', () => ({ tags: [] })), need: 'write' },
  [`GET /api/wire${REPO}/releases`]: { need: 'read', path: (s) => `/api/wire${at(s)}/releases` },
  [`POST /api/wire${REPO}/releases`]: { ...post('/releases', () => ({})), need: 'write' },
  [`GET /api/wire${REPO}/releases/[tag]`]: {
    need: 'read',
    path: (s) => `/api/wire${at(s)}/releases/v1.0.0`,
  },
  [`DELETE /api/wire${REPO}/releases/[tag]`]: {
    need: 'write',
    path: (s) => `${at(s)}/releases/v9.9.9`,
  },
  ...retired('/filter-objects'),
  ...retired('/presign'),
  ...retired('/presign-objects'),
  ...retired('/push'),
  ...retired('/push/object-pack'),
  ...retired('/push/objects'),
  ...retired('/push/objects/confirm'),
  'GET /o/[id]': { need: 'read', path: (s) => `/o/${s.object}` },
  ...Object.fromEntries(
    [
      ...['/audit', '/configuration', '/jobs', '/policy', '/pushes', '/repositories'],
      ...['/storage', '/tokens', '/users', '/users/invitations'],
    ].map((below) => [
      `PAGE /admin${below}`,
      { need: 'hub', page: true, path: () => `/admin${below}` } as const,
    ]),
  ),
  'POST /admin/act': {
    ...{ need: 'hub', page: true, path: () => '/admin/act' },
    body: () => ({ type: 'application/x-www-form-urlencoded', bytes: 'act=none' }),
  },
  'POST /settings/act': anywhere('/settings/act', { body: form('act=none') }),
  'GET /api/admin/audit.jsonl': { need: 'hub', path: () => '/api/admin/audit.jsonl' },
  'PAGE /[owner]': anywhere('/ada', { page: true }),
  'PAGE /': anywhere('/', { page: true }),
  'PAGE /errors': anywhere('/errors', { page: true }),
  'PAGE /search': anywhere('/search?q=a', { page: true }),
  // Not there in production.
  'PAGE /styleguide': anywhere('/styleguide', { page: true }),
  'PAGE /docs/api': anywhere('/docs/api', { page: true }),
  'GET /api/openapi.json': anywhere('/api/openapi.json'),
  'PAGE /explore': anywhere('/explore', { page: true }),
  'PAGE /login': anywhere('/login', { page: true }),
  'PAGE /logout': anywhere('/logout', { page: true }),
  'PAGE /device': anywhere('/device', { page: true }),
  // A form: it leads back to the page, which then decides, whoever sends it.
  'POST /device/decision': anywhere('/device/decision', {
    body: () => ({ type: 'application/x-www-form-urlencoded', bytes: 'code=' }),
  }),
  'POST /api/device': anywhere('/api/device', { body: json(() => ({ scope: '' })) }),
  'POST /api/device/token': anywhere('/api/device/token', {
    body: json(() => ({ device_code: '' })),
  }),
  'PAGE /settings/keys': anywhere('/settings/keys', { page: true }),
  'GET /api/keys': anywhere('/api/keys'),
  'POST /api/keys': anywhere('/api/keys', { body: json(() => ({ public_key: '' })) }),
  'DELETE /api/keys/[id]': anywhere(`/api/keys/${UNKNOWN}`),
  'PAGE /settings/profile': anywhere('/settings/profile', { page: true }),
  'PAGE /settings/agents': anywhere('/settings/agents', { page: true }),
  'PAGE /settings/agents/[handle]': anywhere('/settings/agents/nobody', { page: true }),
  'PAGE /join': anywhere('/join', { page: true }),
  'POST /join/code': anywhere('/join/code', { body: form('code=') }),
  'POST /join/account': anywhere('/join/account', { body: form('handle=') }),
  'PAGE /reset': anywhere('/reset', { page: true }),
  'POST /reset/password': anywhere('/reset/password', { body: form('code=') }),
  'PAGE /settings/tokens': anywhere('/settings/tokens', { page: true }),
  'PAGE /settings/sessions': anywhere('/settings/sessions', { page: true }),
  'GET /api/auth/[...nextauth]': anywhere('/api/auth/session'),
  'POST /api/auth/[...nextauth]': anywhere('/api/auth/callback/token'),
  'GET /api/whoami': anywhere('/api/whoami'),
  'POST /api/repos': anywhere('/api/repos', { body: json(() => ({ slug: '' })) }),
  'GET /api/tokens': anywhere('/api/tokens'),
  'POST /api/tokens': anywhere('/api/tokens', { body: json(() => ({ name: '' })) }),
  'DELETE /api/tokens/[id]': anywhere(`/api/tokens/${UNKNOWN}`),
  'POST /api/tokens/revoke': anywhere('/api/tokens/revoke', { body: json(() => ({ token: '' })) }),
  'GET /api/trpc/[trpc]': anywhere('/api/trpc/account.me'),
  'POST /api/trpc/[trpc]': anywhere('/api/trpc/account.me'),
  'GET /health': anywhere('/health'),
  'GET /ready': anywhere('/ready'),
  'GET /metrics': anywhere('/metrics'),
};

/** A procedure of the API; `input` beside the repository's name. */
interface ProcedureRow {
  need: Row['need'];
  input?: (subject: Subject) => Record<string, unknown>;
}

const NOTHING_SIGNED = { allowForce: false, allowDelete: false, requireSigned: false };

export const PROCEDURES: Record<string, ProcedureRow> = {
  'account.me': { need: 'global' },
  'admin.audit.list': { need: 'hub' },
  'admin.hub.configuration': { need: 'hub' },
  'admin.hub.policy': { need: 'hub' },
  'admin.hub.quarantine': { need: 'hub' },
  'admin.hub.setPolicy': { need: 'hub', input: () => ({ days: 30, reason: '' }) },
  'admin.hub.storage': { need: 'hub' },
  'admin.jobs.list': { need: 'hub' },
  'admin.jobs.retry': { need: 'hub', input: () => ({ id: '1', reason: '' }) },
  'admin.pushes.list': { need: 'hub' },
  'admin.repositories.delete': {
    need: 'hub',
    input: () => ({ owner: 'nobody', slug: 'nothing', reason: '' }),
  },
  'admin.repositories.list': { need: 'hub' },
  'admin.tokens.list': { need: 'hub' },
  'admin.tokens.revoke': { need: 'hub', input: () => ({ ids: [], reason: '' }) },
  'repo.explore': { need: 'global' },
  'repo.ofOwner': { need: 'global', input: () => ({ owner: 'ada' }) },
  'repo.create': { need: 'global', input: () => ({ slug: '', visibility: 'public' }) },
  'token.list': { need: 'global' },
  'token.create': { need: 'global', input: () => ({ name: '', scopes: [] }) },
  'token.revoke': { need: 'global', input: () => ({ id: UNKNOWN }) },
  'device.show': { need: 'global', input: () => ({ code: '' }) },
  'device.approve': { need: 'global', input: () => ({ code: '', name: 'x', scope: 'read' }) },
  'device.deny': { need: 'global', input: () => ({ code: '' }) },
  'key.list': { need: 'global' },
  'key.add': { need: 'global', input: () => ({ name: '', publicKey: '', proof: '' }) },
  'key.revoke': { need: 'global', input: () => ({ keyId: UNKNOWN }) },
  'account.profile': { need: 'global' },
  'account.setDisplayName': { need: 'global', input: () => ({ displayName: 'x\n' }) },
  'account.setPassword': { need: 'global', input: () => ({ next: 'short' }) },
  'account.unlinkLogin': { need: 'global', input: () => ({ provider: 'p', subject: 's' }) },
  'agent.list': { need: 'global' },
  'agent.get': { need: 'global', input: () => ({ handle: 'nobody' }) },
  'agent.create': { need: 'global', input: () => ({ handle: 'not a handle' }) },
  'agent.setDisabled': { need: 'global', input: () => ({ handle: 'nobody', disabled: true }) },
  'agent.createToken': {
    need: 'global',
    input: () => ({ handle: 'nobody', name: '', scopes: [] }),
  },
  'agent.revokeToken': { need: 'global', input: () => ({ handle: 'nobody', id: UNKNOWN }) },
  'join.state': { need: 'global' },
  'join.takeCode': { need: 'global', input: () => ({ code: 'no code' }) },
  'join.join': { need: 'global', input: () => ({ handle: '-', password: 'short' }) },
  'join.setPassword': { need: 'global', input: () => ({ code: 'no code', password: 'short' }) },
  'admin.users.list': { need: 'hub' },
  'admin.users.create': { need: 'hub', input: () => ({ handle: '-', kind: 'human', reason: '' }) },
  'admin.users.setDisabled': {
    need: 'hub',
    input: () => ({ handle: 'nobody', disabled: true, reason: '' }),
  },
  'admin.users.setRole': {
    need: 'hub',
    input: () => ({ handle: 'nobody', role: 'user', reason: '' }),
  },
  'admin.users.reset': {
    need: 'hub',
    input: () => ({ handle: 'nobody', revokeTokens: false, unlinkLogins: false, reason: '' }),
  },
  'admin.users.signUp': { need: 'hub' },
  'admin.users.setSignUp': { need: 'hub', input: () => ({ signUp: 'closed', reason: '' }) },
  'admin.users.invitations': { need: 'hub' },
  'admin.users.invite': { need: 'hub', input: () => ({ note: '', usesMax: 1, days: 1 }) },
  'admin.users.revokeInvitation': { need: 'hub', input: () => ({ id: UNKNOWN, reason: '' }) },
  'session.list': { need: 'global' },
  'session.end': { need: 'global', input: () => ({ id: UNKNOWN }) },
  'session.endOthers': { need: 'global' },
  'repo.get': { need: 'read' },
  'branch.list': { need: 'read' },
  'branch.names': { need: 'read' },
  'branch.deleted': { need: 'read' },
  'branch.restore': { need: 'change', input: () => ({ pushId: UNKNOWN, expectedHead: null }) },
  'branch.delete': {
    need: 'change',
    input: (s) => ({ branch: 'no-such-branch', expectedHead: s.commit }),
  },
  'tree.browse': { need: 'read', input: () => ({ segments: ['main', 'a.txt'] }) },
  'commit.list': { need: 'read' },
  'commit.get': { need: 'read', input: (s) => ({ id: s.commit }) },
  'commit.changes': { need: 'read', input: (s) => ({ id: s.commit }) },
  'commit.diff': { need: 'read', input: (s) => ({ id: s.commit }) },
  'compare.refs': { need: 'read', input: (s) => ({ base: s.commit, head: 'main' }) },
  'compare.diff': { need: 'read', input: (s) => ({ commit: s.commit }) },
  'compare.lines': {
    need: 'read',
    input: (s) => ({ commit: s.commit, path: 'a.txt', from: 1, to: 9 }),
  },
  'commit.comments': { need: 'read', input: (s) => ({ id: s.commit }) },
  'commit.editComment': {
    need: 'comment',
    input: (s) => ({ id: s.commit, comment: UNKNOWN, body: 'x' }),
  },
  'commit.deleteComment': { need: 'comment', input: (s) => ({ id: s.commit, comment: UNKNOWN }) },
  'commit.previewComment': { need: 'comment', input: (s) => ({ id: s.commit, body: ' ' }) },
  'commit.addComment': { need: 'comment', input: (s) => ({ id: s.commit, body: ' ' }) },
  'push.list': { need: 'read' },
  'release.list': { need: 'read' },
  'release.get': { need: 'read', input: () => ({ tag: 'v1.0.0' }) },
  'release.create': {
    need: 'change',
    input: () => ({
      tag: 'no version',
      ref: 'main',
      title: '',
      body: '',
      isDraft: true,
      channel: null,
    }),
  },
  'release.update': {
    need: 'change',
    input: () => ({ tag: 'v9.9.9', title: '', body: '', isDraft: true, channel: 'beta' }),
  },
  'release.delete': { need: 'change', input: () => ({ tag: 'v9.9.9' }) },
  'search.repositories': { need: 'global', input: () => ({ text: 'ada' }) },
  'search.commits': { need: 'global', input: () => ({ text: 'author:ada' }) },
  'search.files': { need: 'read' },
  'tag.list': { need: 'read' },
  'tag.add': { need: 'change', input: () => ({ name: 'v1', ref: 'nowhere' }) },
  'tag.remove': { need: 'change', input: () => ({ id: UNKNOWN }) },
  'push.watch': { need: 'read' },
  'push.version': { need: 'read' },
  'push.get': { need: 'read', input: (s) => ({ id: s.push }) },
  'settings.get': { need: 'manage' },
  'settings.update': { need: 'manage' },
  'settings.setCollaborator': {
    need: 'manage',
    input: () => ({ handle: 'no-such-account', permission: 'read' }),
  },
  'settings.setRule': {
    need: 'manage',
    input: () => ({ ...NOTHING_SIGNED, pattern: 'not a pattern', pushRole: 'write' }),
  },
  'settings.removeRule': { need: 'manage', input: () => ({ pattern: 'no-rule' }) },
  'settings.delete': { need: 'manage', input: () => ({ confirm: 'another name' }) },
};

/** The procedure as a route of its own: what it reads by GET, what it changes by POST. */
export function procedureRow(
  name: string,
  type: 'query' | 'mutation' | 'subscription',
): [string, Row] {
  const { need, input } = PROCEDURES[name]!;
  const value = (s: Subject) => ({
    ...(need === 'global' || need === 'hub' ? {} : { owner: s.owner, slug: s.slug }),
    ...input?.(s),
  });
  const address = `/api/trpc/${name}`;
  if (type === 'mutation') {
    return [`POST ${name}`, { need, path: () => address, body: json(value) }];
  }
  const asked = (s: Subject) => encodeURIComponent(JSON.stringify(value(s)));
  return [`GET ${name}`, { need, path: (s) => `${address}?input=${asked(s)}` }];
}
