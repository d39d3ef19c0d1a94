import { MSGPACK_MIME_TYPE, STREAM_MIME_TYPE } from '~/wire/limits';
import { JSON_MIME_TYPE } from '../accept';
import { newRepository } from '../account-handler';
import { newComment } from '../comment-handler';
import { devicePoll, deviceWish } from '../device-handler';
import { newKey } from '../key-handler';
import { leakedToken, newToken } from '../token-handler';
import type { Operation } from './operation';
import * as wire from './wire-shapes';

const EITHER = [JSON_MIME_TYPE, MSGPACK_MIME_TYPE];
const JSON_ONLY = [JSON_MIME_TYPE];
const FRAMES = [STREAM_MIME_TYPE];
const BYTES = ['application/octet-stream'];

const TOKEN = ['unauthenticated', 'token-expired', 'token-revoked', 'rate-limited'] as const;
const READ = [...TOKEN, 'repo-not-found'] as const;
const WRITE = [...READ, 'insufficient-scope', 'access-denied'] as const;
const ACCOUNT = [...TOKEN, 'insufficient-scope'] as const;
const BODY = ['unsupported-media-type', 'bad-frame', 'limit-exceeded', 'too-slow'] as const;

const REPO = '/{owner}/{slug}';
const WIRE = '/api/wire/[owner]/[slug]';
const json = (shape: Operation['answer']['shape']) => ({ types: JSON_ONLY, shape });
const either = (shape: Operation['answer']['shape']) => ({ types: EITHER, shape });

/** Whose signing keys: the caller's when it is absent. */
const KEY_OWNER = { agent: 'The handle of an agent that the caller answers for' };

const push: Operation[] = [
  {
    ...{ method: 'post', path: `${REPO}/push/stream`, id: 'push', group: 'Push', auth: 'required' },
    summary: 'Push one branch over one stream of frames',
    request: { types: FRAMES },
    answer: { status: 200, what: 'PROGRESS frames, then one RESULT or ERROR', types: FRAMES },
    errors: [
      ...[...WRITE, 'unsupported-media-type', 'unsupported-version', 'bad-frame'],
      ...['frame-out-of-order', 'truncated-stream', 'limit-exceeded', 'bad-branch-name'],
      ...['branch-protected', 'branch-not-found', 'stale-head', 'push-id-conflict', 'too-slow'],
      ...['quota-exceeded', 'storage-full', 'storage-unavailable', 'shutting-down'],
    ] as Operation['errors'],
  },
  {
    ...{
      method: 'get',
      path: `${REPO}/pushes/{push_id}`,
      route: '/[owner]/[slug]/pushes/[pushId]',
    },
    ...{ id: 'pushOutcome', group: 'Push', auth: 'optional' },
    summary: 'What became of a push',
    segments: { push_id: 'The id that the client chose, a UUID' },
    answer: { status: 200, what: 'The outcome', ...either(wire.pushOutcome) },
    errors: [...READ, 'object-not-found'],
  },
  {
    ...{ method: 'get', path: `${REPO}/pushes/export`, id: 'exportPushes', group: 'Push' },
    ...{ auth: 'optional', summary: 'The push history as a file, with the filters of its page' },
    query: { format: 'jsonl (the default) or csv' },
    answer: { status: 200, what: 'The file', types: ['application/jsonl', 'text/csv'] },
    errors: [...READ, 'bad-frame'],
  },
];

const fetching: Operation[] = [
  {
    ...{ method: 'get', path: `${REPO}/refs`, id: 'refs', group: 'Fetch', auth: 'optional' },
    summary: 'Branch heads, what this hub can do, and its limits',
    answer: { status: 200, what: 'With a strong ETag', ...either(wire.refs) },
    errors: [...READ],
  },
  {
    ...{ method: 'post', path: `${REPO}/fetch`, id: 'fetch', group: 'Fetch', auth: 'optional' },
    summary: 'Commits, snapshots and objects in one answer',
    request: either(wire.fetchRequest),
    answer: { status: 200, what: 'Streamed', ...either(wire.fetchAnswer) },
    errors: [...READ, ...BODY, 'object-not-found', 'id-format-mismatch'],
  },
  {
    ...{ method: 'post', path: `${REPO}/fetch/stream`, id: 'fetchStream', group: 'Fetch' },
    ...{ auth: 'optional', summary: 'The same as frames' },
    request: either(wire.fetchRequest),
    answer: { status: 200, what: 'HEADER, OBJECT*, COMMIT_PACK*, END; or ERROR', types: FRAMES },
    errors: [...READ, ...BODY, 'object-not-found', 'id-format-mismatch'],
  },
  {
    ...{ method: 'post', path: `${REPO}/fetch/objects`, id: 'fetchObjects', group: 'Fetch' },
    ...{ auth: 'optional', summary: 'Objects by their ids, as frames' },
    request: either(wire.objectsRequest),
    answer: { status: 200, what: 'OBJECT*, END; or ERROR', types: FRAMES },
    errors: [...READ, ...BODY, 'object-not-found', 'id-format-mismatch'],
  },
  {
    ...{ method: 'post', path: `${REPO}/negotiate`, id: 'negotiate', group: 'Fetch' },
    ...{ auth: 'optional', summary: 'What both sides have' },
    request: either(wire.negotiateRequest),
    answer: { status: 200, what: 'What is common', ...either(wire.negotiateAnswer) },
    errors: [...READ, ...BODY, 'id-format-mismatch'],
  },
  {
    ...{ method: 'get', path: '/o/{object_id}', route: '/o/[id]', id: 'object', group: 'Fetch' },
    ...{ auth: 'optional', summary: 'The bytes of an object of any repository one may read' },
    segments: { object_id: 'The id of the object, in either form' },
    answer: { status: 200, what: 'The bytes; Range and ETag are understood', types: BYTES },
    errors: [...TOKEN, 'object-not-found'],
  },
  {
    ...{ method: 'get', path: `${REPO}/o/{object_id}`, route: '/[owner]/[slug]/o/[id]' },
    ...{ id: 'objectOfRepository', group: 'Fetch', auth: 'optional' },
    summary: 'The bytes of an object of this repository',
    segments: { object_id: 'The id of the object, in either form' },
    answer: { status: 200, what: 'The bytes; Range and ETag are understood', types: BYTES },
    errors: [...READ, 'object-not-found'],
  },
];

const refs: Operation[] = [
  {
    ...{ method: 'get', path: `${REPO}/tags`, route: `${WIRE}/tags`, id: 'tags', group: 'Tags' },
    ...{ auth: 'optional', summary: 'Tags, last made first' },
    query: { q: 'A part of a name', after: 'The next of an answer' },
    answer: { status: 200, what: 'Tags', ...either(wire.tagsAnswer) },
    errors: [...READ, 'bad-frame'],
  },
  {
    ...{ method: 'post', path: `${REPO}/tags`, route: `${WIRE}/tags`, id: 'putTags' },
    ...{ group: 'Tags', auth: 'required', summary: 'Put tags on commits, all or none' },
    request: either(wire.tagsRequest),
    answer: { status: 200, what: 'How many were new', ...either(wire.tagsStored) },
    errors: [
      ...[...WRITE, ...BODY, 'bad-tag', 'tag-conflict', 'object-not-found'],
      'id-format-mismatch',
    ] as Operation['errors'],
  },
  {
    ...{ method: 'get', path: `${REPO}/releases`, route: `${WIRE}/releases`, id: 'releases' },
    ...{ group: 'Releases', auth: 'optional', summary: 'Releases, last made first' },
    query: {
      channel: 'stable, beta, alpha or nightly',
      include_drafts: '1 for drafts too, for those who may write',
      after: 'The next of an answer',
    },
    answer: { status: 200, what: 'Release records', ...either(wire.releasesAnswer) },
    errors: [...READ, 'bad-frame', 'bad-release'],
  },
  {
    ...{ method: 'post', path: `${REPO}/releases`, route: `${WIRE}/releases`, id: 'createRelease' },
    ...{ group: 'Releases', auth: 'required', summary: 'Make a release' },
    request: json(wire.releaseRequest),
    answer: { status: 201, what: 'The id of the release', ...either(wire.releaseMade) },
    errors: [
      ...[...WRITE, ...BODY, 'bad-release', 'release-conflict', 'object-not-found'],
      'id-format-mismatch',
    ] as Operation['errors'],
  },
  {
    ...{ method: 'get', path: `${REPO}/releases/{tag}`, route: `${WIRE}/releases/[tag]` },
    ...{ id: 'release', group: 'Releases', auth: 'optional', summary: 'One release' },
    segments: { tag: 'Its version' },
    answer: { status: 200, what: 'A list of this one', ...either(wire.releasesAnswer) },
    errors: [...READ, 'object-not-found'],
  },
  {
    ...{ method: 'delete', path: `${REPO}/releases/{tag}`, route: `${WIRE}/releases/[tag]` },
    ...{ id: 'deleteRelease', group: 'Releases', auth: 'required' },
    summary: 'Take a release away; its commit stays',
    segments: { tag: 'Its version' },
    answer: { status: 204, what: 'Done' },
    errors: [...WRITE, 'object-not-found'],
  },
];

const reading: Operation[] = [
  {
    ...{ method: 'get', path: `${REPO}/raw/{path}`, route: '/[owner]/[slug]/raw/[...path]' },
    ...{ id: 'raw', group: 'Files and records', auth: 'optional', summary: 'The bytes of a file' },
    segments: { path: 'A branch, tag or commit, and the path below it' },
    answer: { status: 200, what: 'The bytes', types: BYTES },
    errors: [...READ, 'branch-not-found', 'object-not-found'],
  },
  {
    ...{ method: 'get', path: `${REPO}/archive/{ref}.{form}` },
    ...{ route: '/[owner]/[slug]/archive/[...ref]', id: 'archive', group: 'Files and records' },
    ...{ auth: 'optional', summary: 'All files of a branch, tag or commit as an archive' },
    segments: { ref: 'A branch, tag or commit', form: 'tar.gz or zip' },
    answer: {
      ...{ status: 200, what: 'The archive, with an ETag; the same bytes each time' },
      types: ['application/gzip', 'application/zip'],
    },
    errors: [...READ, 'branch-not-found', 'object-not-found', 'shutting-down'],
  },
  {
    ...{ method: 'get', path: `${REPO}/paths/{ref}`, route: '/[owner]/[slug]/paths/[...ref]' },
    ...{ id: 'paths', group: 'Files and records', auth: 'optional' },
    summary: 'The paths of all files of a branch, tag or commit',
    segments: { ref: 'A branch, tag or commit' },
    answer: { status: 200, what: 'The paths, with an ETag', types: JSON_ONLY },
    errors: [...READ, 'branch-not-found'],
  },
  {
    ...{ method: 'get', path: `${REPO}/commits/{commit_id}/record`, id: 'record' },
    ...{ group: 'Files and records', auth: 'optional' },
    summary: 'The record of a commit as it was pushed',
    segments: { commit_id: 'The id of the commit, in either form' },
    answer: { status: 200, what: 'The record', types: JSON_ONLY },
    errors: [...READ, 'object-not-found'],
  },
  {
    ...{ method: 'post', path: `${REPO}/commits/{commit_id}/comments`, id: 'addComment' },
    ...{ group: 'Files and records', auth: 'required', summary: 'Comment on a commit' },
    segments: { commit_id: 'The id of the commit, in either form' },
    request: json(newComment),
    answer: { status: 201, what: 'The comment', ...json(wire.commentMade) },
    errors: [...READ, ...BODY, 'insufficient-scope', 'object-not-found'],
  },
];

const account: Operation[] = [
  {
    ...{ method: 'get', path: '/api/whoami', id: 'whoami', group: 'Account', auth: 'required' },
    summary: 'Who the token belongs to',
    answer: { status: 200, what: 'The account', ...json(wire.whoAmI) },
    errors: [...TOKEN],
  },
  {
    ...{ method: 'post', path: '/api/repos', id: 'createRepository', group: 'Account' },
    ...{ auth: 'required', summary: 'Make a repository; 409 when the name is taken' },
    request: json(newRepository),
    answer: { status: 201, what: 'The repository', ...json(wire.repositoryMade) },
    errors: [...ACCOUNT, ...BODY, 'access-denied', 'bad-path'],
  },
  {
    ...{ method: 'get', path: '/api/tokens', id: 'tokens', group: 'Account', auth: 'required' },
    summary: 'Access tokens, newest first',
    answer: { status: 200, what: 'The tokens, without their text', ...json(wire.tokenList) },
    errors: [...ACCOUNT],
  },
  {
    ...{ method: 'post', path: '/api/tokens', id: 'createToken', group: 'Account' },
    ...{ auth: 'required', summary: 'Make an access token' },
    request: json(newToken),
    answer: { status: 201, what: 'The token, once', ...json(wire.tokenMade) },
    errors: [...ACCOUNT, ...BODY],
  },
  {
    ...{ method: 'delete', path: '/api/tokens/{id}', id: 'revokeToken', group: 'Account' },
    ...{ auth: 'required', summary: 'Revoke a token', segments: { id: 'The id of the token' } },
    answer: { status: 200, what: 'Done', ...json(wire.revoked) },
    errors: [...ACCOUNT, 'object-not-found'],
  },
  {
    ...{ method: 'post', path: '/api/tokens/revoke', id: 'revokeLeakedToken', group: 'Account' },
    ...{ auth: 'none', summary: 'End a token that was found' },
    request: json(leakedToken),
    answer: { status: 200, what: 'Done', ...json(wire.revoked) },
    errors: [...BODY, 'object-not-found'],
  },
  {
    ...{ method: 'get', path: '/api/keys', id: 'keys', group: 'Account', auth: 'required' },
    summary: 'Signing keys, newest first',
    query: KEY_OWNER,
    answer: { status: 200, what: 'The keys', ...json(wire.keyList) },
    errors: [...ACCOUNT, 'object-not-found'],
  },
  {
    ...{ method: 'post', path: '/api/keys', id: 'addKey', group: 'Account', auth: 'required' },
    summary: 'Register a signing key',
    query: KEY_OWNER,
    request: json(newKey),
    answer: { status: 201, what: 'The key', ...json(wire.keyMade) },
    errors: [...ACCOUNT, ...BODY, 'object-not-found'],
  },
  {
    ...{ method: 'delete', path: '/api/keys/{id}', id: 'revokeKey', group: 'Account' },
    ...{ auth: 'required', summary: 'Revoke a signing key', segments: { id: 'The id of the key' } },
    query: KEY_OWNER,
    answer: { status: 200, what: 'Done', ...json(wire.revoked) },
    errors: [...ACCOUNT, 'object-not-found'],
  },
  {
    ...{ method: 'post', path: '/api/device', id: 'startDevice', group: 'Account', auth: 'none' },
    summary: 'Begin to sign in a program without a browser',
    request: json(deviceWish),
    answer: { status: 200, what: 'The two codes', ...json(wire.deviceStarted) },
    errors: [...BODY, 'rate-limited'],
  },
  {
    ...{ method: 'post', path: '/api/device/token', id: 'pollDevice', group: 'Account' },
    ...{ auth: 'none', summary: 'How far that is; the token once it is approved' },
    request: json(devicePoll),
    answer: { status: 200, what: 'The state', ...json(wire.devicePolled) },
    errors: [...BODY],
  },
];

const hub: Operation[] = [
  {
    ...{ method: 'get', path: '/api/admin/audit.jsonl', id: 'auditLog', group: 'Hub' },
    ...{ auth: 'required', summary: 'The audit log, for admins of the hub' },
    answer: { status: 200, what: 'One act per line', types: ['application/jsonl'] },
    errors: [...ACCOUNT, 'access-denied'],
  },
  {
    ...{ method: 'get', path: '/health', id: 'health', group: 'Hub', auth: 'none' },
    summary: 'Whether the process lives',
    answer: { status: 200, what: 'It does', types: JSON_ONLY },
    errors: [],
  },
  {
    ...{ method: 'get', path: '/ready', id: 'ready', group: 'Hub', auth: 'none' },
    summary: 'Whether database and storage answer; 503 when they do not',
    answer: { status: 200, what: 'They do', types: JSON_ONLY },
    errors: [],
  },
  {
    ...{ method: 'get', path: '/api/openapi.json', id: 'openapi', group: 'Hub', auth: 'none' },
    summary: 'This document',
    answer: { status: 200, what: 'OpenAPI 3.1', types: JSON_ONLY },
    errors: [],
  },
];

/** Everything that programs may ask of a hub over HTTP, beside the procedures of the API. */
export const OPERATIONS: Operation[] = [
  ...push,
  ...fetching,
  ...refs,
  ...reading,
  ...account,
  ...hub,
];

/** The folder of an operation's `route.ts`, below src/app. */
export const routeOf = ({ path, route }: Operation): string =>
  route ?? path.replaceAll('{', '[').replaceAll('}', ']');
