import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/unstable-core-do-not-import';
import { z } from 'zod';
import { ANONYMOUS, type CredentialUse, type Principal, type Scope } from '~/server/access';
import { authenticate } from '~/server/auth/authenticate';
import type { LoginProvider, LoginSites } from '~/server/auth/login-providers';
import type { AdminStore } from '~/server/ports/admin-store';
import type { AuditLog } from '~/server/ports/audit-log';
import type { BlobStore } from '~/server/ports/blob-store';
import type { DeviceStore } from '~/server/ports/device-store';
import type { JobQueue } from '~/server/ports/job-queue';
import type { KeyStore } from '~/server/ports/key-store';
import type { PushFeed } from '~/server/ports/push-feed';
import type { PushStore } from '~/server/ports/push-store';
import type { ReleaseStore } from '~/server/ports/release-store';
import type { SegmentRows } from '~/server/ports/segment-rows';
import type { SessionStore } from '~/server/ports/session-store';
import type { SettingsStore } from '~/server/ports/settings-store';
import type { TagStore } from '~/server/ports/tag-store';
import type { TokenStore } from '~/server/ports/token-store';
import type { AccountDeps } from '~/server/services/account-deps';
import type { ActDeps } from '~/server/services/audit-entry';
import type { BrowseDeps } from '~/server/services/browse-deps';
import type { CreateTokenDeps } from '~/server/services/create-token';
import { expectHubAdmin, isHubAdmin } from '~/server/services/expect-hub-admin';
import { type OpenRepository, openRepository } from '~/server/services/open-repository';
import { type ErrorCode, Refusal } from '~/wire/errors';

/** A variable of the configuration as it works now. */
export interface ConfigurationLine {
  name: string;
  /** Null: it has none. A secret is masked. */
  value: string | null;
  /** Whether the environment says so; else it is the default. */
  given: boolean;
}

/** What the API needs of the world. */
export interface ApiDeps extends BrowseDeps, Omit<AccountDeps, 'use' | 'clock'> {
  pushes: PushStore;
  feed: PushFeed;
  /** Aborted when the hub takes no more requests. */
  stopping: AbortSignal;
  tokens: TokenStore;
  settings: SettingsStore;
  sessions: SessionStore;
  audit: AuditLog;
  admin: AdminStore;
  queue: JobQueue;
  blobs: Pick<BlobStore, 'list'>;
  rows: SegmentRows;
  /** The configuration that is in effect, secrets masked. */
  configuration: ConfigurationLine[];
  devices: DeviceStore;
  keys: KeyStore;
  tags: TagStore;
  releases: ReleaseStore;
  mint: CreateTokenDeps['mint'];
  /** Days that a new access token may be valid at most. */
  tokenDaysMax: number;
  /** Bytes of stored objects that one repository may have; null: no bound. */
  repoQuotaBytes: number | null;
  sessionSecret: string;
  /** Other sites whose sign-in is taken. */
  loginProviders: LoginProvider[];
  loginSites: LoginSites;
  /** The hub's public address. */
  url: string;
  log: Record<'warn' | 'error', (message: string, fields: Record<string, unknown>) => void>;
}

/** … with where the one request comes from, which services that change something note. */
export type RequestDeps = ApiDeps & ActDeps;

export interface ApiContext {
  deps: RequestDeps;
  /** Who asks; found once per request. Rejects with `Refusal` for a wrong Bearer token. */
  principal(): Promise<Principal>;
  /** Opens a repository once per request and scope. */
  open(owner: string, slug: string, scope: Scope): Promise<OpenRepository>;
  /** Whether the request may change something: no page of another site made it. */
  mayMutate: boolean;
  /** A context of the same request that has found nothing out yet, for answers that go on for long. */
  anew(): ApiContext;
}

export interface ApiRequest {
  headers: Headers;
  use: CredentialUse;
  /** Pages are read by whoever comes, a wrong Bearer token counts as none; the API refuses it. */
  lenient: boolean;
}

/** The context of one request: of the API, or of a page that calls it on the server. */
export function createApiContext(request: ApiRequest, deps: ApiDeps): ApiContext {
  let principal: Promise<Principal> | undefined;
  const opened = new Map<string, Promise<OpenRepository>>();
  const context: ApiContext = {
    deps: { ...deps, use: request.use },
    mayMutate: isSameOrigin(request.headers, deps.url),
    anew: () => createApiContext(request, deps),
    principal: () => {
      principal ??= findPrincipal(request, deps);
      return principal;
    },
    open: (owner, slug, scope) => {
      const key = `${scope} ${owner}/${slug}`;
      const known = opened.get(key);
      if (known) return known;
      const opening = context
        .principal()
        .then((who) => openRepository({ owner, slug, scope, principal: who }, deps.identities));
      opened.set(key, opening);
      return opening;
    },
  };
  return context;
}

async function findPrincipal({ headers, use, lenient }: ApiRequest, deps: ApiDeps) {
  try {
    return await authenticate(headers, deps, use);
  } catch (error) {
    if (lenient && Refusal.is(error)) return ANONYMOUS;
    throw error;
  }
}

/**
 * Whether a change may be asked for with this request's cookies. Browsers name the page's origin
 * with every POST; a request that carries a Bearer token instead of a cookie needs no such proof,
 * since no foreign page can add it.
 */
export function isSameOrigin(headers: Headers, hubUrl: string): boolean {
  if (headers.has('authorization')) return true;
  const origin = headers.get('origin');
  return origin !== null && origin === new URL(hubUrl).origin;
}

/** What each code of the hub is in tRPC, whose client knows nothing of ours. */
export const TRPC_CODES: Record<ErrorCode, TRPC_ERROR_CODE_KEY> = {
  unauthenticated: 'UNAUTHORIZED',
  'token-expired': 'UNAUTHORIZED',
  'token-revoked': 'UNAUTHORIZED',
  'insufficient-scope': 'FORBIDDEN',
  'access-denied': 'FORBIDDEN',
  'repo-not-found': 'NOT_FOUND',
  'unsupported-media-type': 'UNSUPPORTED_MEDIA_TYPE',
  'unsupported-version': 'UNPROCESSABLE_CONTENT',
  'bad-frame': 'UNPROCESSABLE_CONTENT',
  'frame-out-of-order': 'UNPROCESSABLE_CONTENT',
  'truncated-stream': 'UNPROCESSABLE_CONTENT',
  'count-mismatch': 'UNPROCESSABLE_CONTENT',
  'limit-exceeded': 'PAYLOAD_TOO_LARGE',
  'unsupported-encoding': 'UNPROCESSABLE_CONTENT',
  'object-decode-failed': 'UNPROCESSABLE_CONTENT',
  'object-hash-mismatch': 'UNPROCESSABLE_CONTENT',
  'object-size-mismatch': 'UNPROCESSABLE_CONTENT',
  'object-refused': 'UNPROCESSABLE_CONTENT',
  'object-missing': 'UNPROCESSABLE_CONTENT',
  'object-not-found': 'NOT_FOUND',
  'snapshot-id-mismatch': 'UNPROCESSABLE_CONTENT',
  'snapshot-missing': 'UNPROCESSABLE_CONTENT',
  'bad-path': 'UNPROCESSABLE_CONTENT',
  'commit-id-mismatch': 'UNPROCESSABLE_CONTENT',
  'commit-record-conflict': 'CONFLICT',
  'bad-commit': 'UNPROCESSABLE_CONTENT',
  'parent-missing': 'UNPROCESSABLE_CONTENT',
  'commit-cycle': 'UNPROCESSABLE_CONTENT',
  'unreachable-commit': 'UNPROCESSABLE_CONTENT',
  'head-missing': 'UNPROCESSABLE_CONTENT',
  'id-format-mismatch': 'UNPROCESSABLE_CONTENT',
  'bad-branch-name': 'UNPROCESSABLE_CONTENT',
  'branch-not-found': 'NOT_FOUND',
  'branch-protected': 'FORBIDDEN',
  'non-fast-forward': 'CONFLICT',
  'stale-head': 'CONFLICT',
  'push-id-conflict': 'CONFLICT',
  'bad-tag': 'UNPROCESSABLE_CONTENT',
  'tag-conflict': 'CONFLICT',
  'bad-release': 'UNPROCESSABLE_CONTENT',
  'release-conflict': 'CONFLICT',
  'signature-required': 'UNPROCESSABLE_CONTENT',
  'signature-invalid': 'UNPROCESSABLE_CONTENT',
  'too-slow': 'TIMEOUT',
  'rate-limited': 'TOO_MANY_REQUESTS',
  'quota-exceeded': 'PAYLOAD_TOO_LARGE',
  'storage-unavailable': 'SERVICE_UNAVAILABLE',
  'storage-full': 'SERVICE_UNAVAILABLE',
  'database-unavailable': 'SERVICE_UNAVAILABLE',
  'shutting-down': 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
};

/** A stream is never silent for longer, which proxies would take for its end. */
const HEARTBEAT_MS = 15_000;
/** A reader comes again after this, perhaps to another process. */
const STREAM_MAX_MS = 30 * 60_000;

const t = initTRPC.context<ApiContext>().create({
  sse: {
    ping: { enabled: true, intervalMs: HEARTBEAT_MS },
    client: { reconnectAfterInactivityMs: 3 * HEARTBEAT_MS },
    maxDurationMs: STREAM_MAX_MS,
  },
  errorFormatter: ({ shape, error }) => ({
    message: error.code === 'INTERNAL_SERVER_ERROR' ? SENTENCE_OF_A_FAULT : shape.message,
    code: shape.code,
    data: {
      httpStatus: shape.data.httpStatus,
      code: shape.data.code,
      path: shape.data.path,
      /** The hub's own code; null when the input was not understood. */
      reason: Refusal.is(error.cause) ? error.cause.code : null,
    },
  }),
});

const SENTENCE_OF_A_FAULT = new Refusal('internal').message;

/** Turns what services throw into what tRPC sends; a fault is logged here, once. */
const answerErrors = t.middleware(async ({ ctx, path, next }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  if (Refusal.is(cause)) {
    throw new TRPCError({ code: TRPC_CODES[cause.code], message: cause.message, cause });
  }
  if (result.error.code === 'INTERNAL_SERVER_ERROR') {
    ctx.deps.log.error('a procedure failed', { err: cause ?? result.error, procedure: path });
  }
  return result;
});

/**
 * A stream of news whose refusals are answered, and faults logged, as those of other procedures.
 * An `AbortError` is neither: the connection ends and the reader comes again.
 */
export async function* answered<News>(
  news: AsyncGenerator<News>,
  log: ApiDeps['log'],
): AsyncGenerator<News> {
  try {
    yield* news;
  } catch (error) {
    if (Refusal.is(error)) {
      throw new TRPCError({ code: TRPC_CODES[error.code], message: error.message, cause: error });
    }
    if (!(error instanceof DOMException && error.name === 'AbortError')) {
      log.error('a stream of news failed', { err: error });
    }
    throw error;
  }
}

const checkOrigin = t.middleware(({ ctx, type, next }) => {
  if (type === 'mutation' && !ctx.mayMutate) {
    throw new Refusal('access-denied', {}, 'This request did not come from a page of this hub.');
  }
  return next();
});

export const createRouter = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Anyone may call it; it decides by itself. */
export const openProcedure = t.procedure.use(answerErrors).use(checkOrigin);

export const repositoryName = z.object({
  owner: z.string().min(1).max(40),
  slug: z.string().min(1).max(100),
});

/** For a repository that the caller may read; `ctx.repo` is the proof. */
export const readProcedure = openProcedure
  .input(repositoryName)
  .use(async ({ ctx, input, next }) => {
    const repo = await ctx.open(input.owner, input.slug, 'read');
    return next({ ctx: { ...ctx, repo } });
  });

/** For those who may write to a repository. */
export const writeProcedure = openProcedure
  .input(repositoryName)
  .use(async ({ ctx, input, next }) => {
    const repo = await ctx.open(input.owner, input.slug, 'write');
    return next({ ctx: { ...ctx, repo } });
  });

/** For the admins of a repository. */
export const adminProcedure = openProcedure
  .input(repositoryName)
  .use(async ({ ctx, input, next }) => {
    const repo = await ctx.open(input.owner, input.slug, 'admin');
    return next({ ctx: { ...ctx, repo } });
  });

/**
 * For admins of the hub. To everybody else it answers as if there were no such procedure; throws as
 * `expectHubAdmin` for an admin whose token is narrow.
 */
export const hubAdminProcedure = openProcedure.use(async ({ ctx, path, next }) => {
  const principal = await ctx.principal();
  if (!isHubAdmin(principal)) {
    throw new TRPCError({ code: 'NOT_FOUND', message: `No procedure found on path "${path}"` });
  }
  return next({ ctx: { ...ctx, admin: expectHubAdmin(principal) } });
});
