import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Principal } from '~/server/access';
import { mintToken } from '~/server/auth/token-text';
import {
  type AccountHandlerDeps,
  handleCreateRepository,
  handleWhoami,
} from '~/server/http/account-handler';
import {
  type DeviceHandlerDeps,
  handlePollDevice,
  handleStartDevice,
} from '~/server/http/device-handler';
import { handleFetchStream } from '~/server/http/fetch-handler';
import { handleAddKey, handleListKeys, handleRevokeKey } from '~/server/http/key-handler';
import { handleNegotiate } from '~/server/http/negotiate-handler';
import { handlePush, type PushHandlerDeps } from '~/server/http/push-handler';
import { handlePushOutcome } from '~/server/http/push-outcome-handler';
import { handleRefs } from '~/server/http/refs-handler';
import { systemClock } from '~/server/ports/clock';
import { PushSlots } from '~/server/services/push-slots';
import { RecentManifests } from '~/server/services/recent-manifests';
import { SegmentObjectStorage } from '~/server/storage/segment-object-storage';
import { checkerInPlace } from './checker-in-place';
import { FetchStage, type Person } from './fetch-stage';
import { MemoryBlobStore } from './memory-blob-store';
import { MemoryHub, type MemoryPush } from './memory-hub';
import { MemoryPushFeed } from './memory-push-feed';
import { memoryWorld } from './memory-world';
import { tempFolder } from './muse-fixtures';
import type { StoreWorld } from './store-world';

export interface SeenRequest {
  method: string;
  path: string;
}

/** Answers in place of a handler; null leaves the request to it. */
export type Intercept = (
  seen: SeenRequest,
  request: IncomingMessage,
  response: ServerResponse,
) => true | null;

/**
 * The wire routes of a hub on a real socket, in this process: the real handlers and services over
 * memory stubs of the stores. For tests of the client, which may put themselves in between.
 */
export class WireServer {
  readonly seen: SeenRequest[] = [];
  intercept: Intercept = () => null;
  /** Changes an answer's bytes on their way. */
  tamper: ((seen: SeenRequest, bytes: Buffer) => Buffer | 'cut') | null = null;
  /** Time that a client was told to have passed. */
  skippedMs = 0;
  readonly #server: Server;
  readonly #closing = new AbortController();

  private constructor(
    readonly hub: MemoryHub,
    readonly world: StoreWorld,
    readonly stage: FetchStage,
    readonly owner: Person,
  ) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<WireServer> {
    const hub = new MemoryHub();
    const world = memoryWorld(hub);
    const blobs = new MemoryBlobStore();
    const stores = {
      identities: world.identity,
      accounts: world.accounts,
      pushStore: world.push,
      fetchStore: world.fetch,
      blobs,
    };
    const stage = new FetchStage(stores);
    const server = new WireServer(hub, world, stage, await stage.person('ada'));
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    server.#pushDeps = server.#makePushDeps(blobs);
    return server;
  }

  #pushDeps!: PushHandlerDeps;

  #makePushDeps(blobs: MemoryBlobStore): PushHandlerDeps {
    const { deps, stores } = this.stage;
    return {
      store: stores.pushStore,
      storage: new SegmentObjectStorage({
        blobs,
        spoolFolder: tempFolder(),
        uuid: () => crypto.randomUUID(),
        onDamage: (damage) => deps.log.error(damage.message, {}),
        onTrouble: (what) => deps.log.error(what, {}),
      }),
      checker: checkerInPlace,
      manifests: new RecentManifests(1024 ** 2),
      feed: new MemoryPushFeed(),
      clock: systemClock,
      limits: deps.limits,
      repoQuotaBytes: null,
      commitUrl: (repository, id) => `${this.url}/${repository.slug}/commits/${id}`,
      onTrouble: (what) => deps.log.error(what, {}),
      identities: stores.identities,
      slots: new PushSlots(deps.limits),
      log: deps.log,
      closing: this.#closing.signal,
    };
  }

  #deviceDeps(): DeviceHandlerDeps {
    const clock = { ...systemClock, now: () => Date.now() + this.skippedMs };
    const { devices } = this.world;
    return { devices, mint: mintToken, clock, url: this.url, log: this.stage.deps.log };
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get token(): string {
    return this.owner.token;
  }

  get principal(): Principal {
    return this.owner.principal;
  }

  /** A new repository of the owner; its address. */
  async repository(slug: string, visibility: 'public' | 'private' = 'public'): Promise<string> {
    await this.stage.emptyRepository(this.owner, slug, visibility);
    return `${this.url}/${this.owner.handle}/${slug}`;
  }

  /** Pushes that a repository saw, in their order. */
  pushes(slug: string): MemoryPush[] {
    const found = [...this.hub.repositories.values()].find((each) => each.slug === slug);
    return found === undefined ? [] : [...found.pushes.values()];
  }

  /** Paths of the requests since the last look, e.g. `GET /ada/demo/refs`. */
  takeSeen(): string[] {
    return this.seen.splice(0).map(({ method, path }) => `${method} ${path}`);
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const seen = { method, path: url };
    this.seen.push(seen);
    if (this.intercept(seen, incoming, outgoing) !== null) return;
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const request = new Request(new URL(url, this.url), {
      method,
      headers: incoming.headers as Record<string, string>,
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
    } as RequestInit);
    const response = await this.#handle(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.flushHeaders();
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      let bytes: Buffer | 'cut' = Buffer.from(chunk);
      if (this.tamper !== null) bytes = this.tamper(seen, bytes);
      if (bytes === 'cut') {
        outgoing.destroy();
        return;
      }
      if (!outgoing.write(bytes))
        await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
    }
    outgoing.end();
  }

  #handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { deps } = this.stage;
    const { identities } = this.stage.stores;
    const { accounts } = this.world;
    const stores = { identities, accounts };
    const account: AccountHandlerDeps = { ...deps, ...stores, clock: systemClock, url: this.url };
    if (pathname === '/ready') return Promise.resolve(Response.json({ ready: true }));
    if (pathname === '/api/whoami') return handleWhoami(request, account);
    if (pathname === '/api/device') return handleStartDevice(request, this.#deviceDeps());
    if (pathname === '/api/device/token') return handlePollDevice(request, this.#deviceDeps());
    if (pathname === '/api/keys') {
      const keys = { ...deps, ...stores, clock: systemClock, keys: this.world.keys };
      return request.method === 'POST'
        ? handleAddKey(request, keys)
        : handleListKeys(request, keys);
    }
    if (pathname.startsWith('/api/keys/')) {
      const keys = { ...deps, ...stores, clock: systemClock, keys: this.world.keys };
      return handleRevokeKey(request, { id: pathname.slice('/api/keys/'.length) }, keys);
    }
    if (pathname === '/api/repos') return handleCreateRepository(request, account);
    const [, owner = '', slug = '', ...rest] = pathname.split('/').map(decodeURIComponent);
    const params = { owner, slug };
    switch (rest.join('/')) {
      case 'refs':
        return handleRefs(request, params, deps);
      case 'fetch/stream':
        return handleFetchStream(request, params, deps);
      case 'negotiate':
        return handleNegotiate(request, params, deps);
      case 'push/stream':
        return handlePush(request, params, this.#pushDeps);
      default:
        if (rest[0] !== 'pushes')
          return Promise.resolve(new Response('no such route', { status: 404 }));
        return handlePushOutcome(request, { ...params, pushId: rest[1] ?? '' }, deps);
    }
  }
}
