import { z } from 'zod';
import { RELEASE_CHANNELS } from '~/muse/semver';
import { ERRORS, type ErrorCode } from '~/wire/errors';

/**
 * The bodies of the wire routes as shapes, for the document of the API. The wire's own parsers
 * decide (src/wire); tests/6-integration/openapi.test.ts holds these to what is really answered.
 */

const id = z.string().describe('64 hex digits, bare or after "sha256:", in the repository\'s form');
const heads = z.record(z.string(), id).describe('Branch names and their heads');
const time = z.string().describe('ISO 8601');
const next = z.string().nullable().describe('What ?after= takes to go on; null at the end');
const record = z.record(z.string(), z.unknown());

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** Every refusal that has a status. */
export const refusal = z.object({
  t: z.literal('X'),
  code: z.enum(codes),
  message: z.string().describe('One sentence that says what to do'),
  retryable: z.boolean(),
  push_id: z.string().optional(),
  detail: record.describe('The id, path, frame index, limit … that it is about'),
});

export const refs = z.object({
  repo_id: z.string(),
  domain: z.string(),
  default_branch: z.string(),
  branch_heads: heads,
  id_format: z.enum(['bare', 'prefixed']).nullable(),
  capabilities: z.array(z.string()),
  limits: z.record(z.string(), z.number()),
});

export const fetchRequest = z.object({
  want: z.array(id),
  have: z.array(id).optional(),
  depth: z.number().int().min(1).nullish(),
});

export const fetchAnswer = z.object({
  commits: z.array(record).describe('Commit records as they were pushed'),
  snapshots: z.array(record),
  objects: z.array(
    z.object({ object_id: id, content: z.string().describe('bytes; base64 in JSON') }),
  ),
  branch_heads: heads,
});

export const objectsRequest = z.object({ object_ids: z.array(id) });

export const negotiateRequest = z.object({ want: z.array(id), have: z.array(id) });

export const negotiateAnswer = z.object({
  ack: z.array(id),
  common_base: id.nullable(),
  ready: z.boolean(),
});

export const pushOutcome = z.object({
  push_id: z.string(),
  outcome: z.enum(['accepted', 'refused', 'failed', 'receiving']),
  branch: z.string(),
  head: id.nullable(),
  started_at: time,
  finished_at: time.nullable(),
  frame: record.nullable().describe('The ending frame that was sent: RESULT or ERROR'),
});

const wireTag = z.object({ tag_id: z.string(), commit_id: id, tag: z.string(), created_at: time });

export const tagsRequest = z.object({
  tags: z.array(wireTag.extend({ created_at: time.nullish() })),
});

export const tagsStored = z.object({ stored: z.number().int() });

export const tagsAnswer = z.object({ tags: z.array(wireTag), next });

const release = z.looseObject({
  release_id: z.string(),
  repo_id: z.string(),
  tag: z.string().describe('A version, v1.2.0-beta.1'),
  semver: z.object({
    ...{ major: z.number(), minor: z.number(), patch: z.number() },
    ...{ pre: z.string(), build: z.string() },
  }),
  channel: z.enum(RELEASE_CHANNELS),
  commit_id: id,
  snapshot_id: id,
  title: z.string(),
  body: z.string().describe('Markdown'),
  changelog: z.array(record),
  agent_id: z.string(),
  model_id: z.string(),
  is_draft: z.boolean(),
  gpg_signature: z.string(),
  created_at: time,
});

export const releaseRequest = release.partial().required({ tag: true, commit_id: true });

export const releaseMade = z.object({ release_id: z.string() });

export const releasesAnswer = z.object({ releases: z.array(release), next });

export const whoAmI = z.object({
  handle: z.string(),
  kind: z.enum(['human', 'agent']),
  role: z.enum(['user', 'admin']),
  display_name: z.string(),
  owner: z.string().nullable().describe('Who answers for an agent'),
  scopes: z.array(z.enum(['read', 'write', 'admin'])),
});

export const repositoryMade = z.object({
  repo_id: z.string(),
  owner: z.string(),
  slug: z.string(),
  url: z.string(),
});

export const commentMade = z.object({
  id: z.string(),
  commit_id: z.string(),
  author: z.string(),
  body: z.string(),
  created_at: time,
  url: z.string(),
});

const token = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  repositories: z.array(z.string()).nullable(),
  branch_pattern: z.string().nullable(),
  expires_at: time.nullable(),
});

export const tokenMade = token.extend({ token: z.string().describe('Told here only') });

export const tokenList = z.object({
  tokens: z.array(
    token.extend({
      created_at: time,
      last_used: z.object({ at: time, address: z.string(), client: z.string() }).nullable(),
      current: z.boolean(),
    }),
  ),
});

export const revoked = z.object({ revoked: z.literal(true) });

export const keyList = z.object({
  keys: z.array(
    z.object({
      key_id: z.string(),
      public_key: z.string().describe('Ed25519, base64url'),
      name: z.string(),
      created_at: time,
      revoked_at: time.nullable(),
    }),
  ),
});

export const keyMade = z.object({ key_id: z.string(), name: z.string() });

export const deviceStarted = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number().describe('seconds'),
  interval: z.number().describe('seconds'),
});

export const devicePolled = z.looseObject({
  state: z.string(),
  interval: z.number().optional(),
  token: z.string().optional(),
});
