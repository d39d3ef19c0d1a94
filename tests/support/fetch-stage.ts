import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Principal, Scope } from '~/server/access';
import { hashToken, newToken } from '~/server/auth/token-text';
import type { FetchHandlerDeps } from '~/server/http/fetch-handler';
import type { PushOutcomeHandlerDeps } from '~/server/http/push-outcome-handler';
import type { AccountStore } from '~/server/ports/account-store';
import type { BlobStore } from '~/server/ports/blob-store';
import { systemClock } from '~/server/ports/clock';
import type { FetchStore } from '~/server/ports/fetch-store';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { StoredObjectDamaged } from '~/server/ports/object-storage';
import type { PushStore } from '~/server/ports/push-store';
import { PostgresAccountStore } from '~/server/postgres/account-store';
import { PostgresFetchStore } from '~/server/postgres/fetch-store';
import { PostgresIdentityStore } from '~/server/postgres/identity-store';
import { PostgresPushStore } from '~/server/postgres/push-store';
import { FetchPlans } from '~/server/services/fetch-plans';
import { FetchSlots } from '~/server/services/fetch-slots';
import { LocalBlobStore } from '~/server/storage/local-blob-store';
import { SegmentReader } from '~/server/storage/segment-reader';
import { SegmentWriter } from '~/server/storage/segment-writer';
import {
  DEFAULT_LIMITS,
  STREAM_MAX_BYTES_IN_FLIGHT,
  STREAM_MAX_PUTS_IN_FLIGHT,
  STREAM_OBJECT_BATCH_BYTES,
  STREAM_OBJECT_BATCH_SIZE,
} from '~/wire/limits';
import { AN_ACT } from './audit-entries';
import { openTestDatabase, type TestDatabase } from './database';
import {
  type SeedCommit,
  type SeededRepository,
  type SeedOptions,
  seedRepository,
} from './seed-repository';
import { insertAccount } from './store-cast';

/** What the routes that read need, over stores that a test chose, with people and repositories. */
export type ReadDeps = FetchHandlerDeps & PushOutcomeHandlerDeps;

export interface Person {
  handle: string;
  principal: Principal & { kind: 'user' };
  token: string;
}

export interface StageStores {
  identities: IdentityStore;
  accounts: Pick<AccountStore, 'createAccount'>;
  pushStore: PushStore;
  fetchStore: FetchStore;
  blobs: BlobStore;
}

const SEGMENT_LIMITS = {
  batchObjects: STREAM_OBJECT_BATCH_SIZE,
  batchBytes: STREAM_OBJECT_BATCH_BYTES,
  putsInFlight: STREAM_MAX_PUTS_IN_FLIGHT,
  bytesInFlight: STREAM_MAX_BYTES_IN_FLIGHT,
};

export class FetchStage {
  readonly logged: { message: string; fields: Record<string, unknown> }[] = [];
  readonly damage: StoredObjectDamaged[] = [];
  readonly closing = new AbortController();
  readonly deps: ReadDeps;

  constructor(readonly stores: StageStores) {
    this.deps = {
      identities: stores.identities,
      clock: systemClock,
      log: { error: (message, fields) => void this.logged.push({ message, fields }) },
      limits: { ...DEFAULT_LIMITS },
      store: stores.fetchStore,
      pushStore: stores.pushStore,
      // Every fetch is planned anew, so that a test meets all that planning asks.
      plans: new FetchPlans(0),
      slots: new FetchSlots(),
      objects: new SegmentReader({
        blobs: stores.blobs,
        onDamage: (damage) => void this.damage.push(damage),
      }),
      closing: this.closing.signal,
    };
  }

  async person(handle: string, role: 'user' | 'admin' = 'user'): Promise<Person> {
    const id = crypto.randomUUID();
    await insertAccount(this.stores.accounts, {
      id,
      handle,
      displayName: handle,
      kind: 'human',
      ownerId: null,
      role,
    });
    const account = { userId: id, handle, accountKind: 'human', role } as const;
    const principal = { kind: 'user', ...account, token: null, sessionId: null } as const;
    return { handle, principal, token: await this.token(id, ['admin']) };
  }

  async token(userId: string, scopes: Scope[], repoIds: string[] | null = null): Promise<string> {
    const text = newToken('human');
    await this.stores.identities.createToken(
      {
        id: crypto.randomUUID(),
        userId,
        name: 'test',
        hash: hashToken(text),
        scopes,
        repoIds,
        branchPattern: null,
        expiresAtMs: null,
      },
      AN_ACT,
    );
    return text;
  }

  async emptyRepository(
    owner: Person,
    slug: string,
    visibility: 'public' | 'private' = 'public',
  ): Promise<string> {
    const made = await this.stores.identities.createRepository(
      {
        id: crypto.randomUUID(),
        ownerId: owner.principal.userId,
        slug,
        description: '',
        visibility,
      },
      AN_ACT,
    );
    if (!made) throw new Error(`${owner.handle}/${slug} exists`);
    return made.id;
  }

  seed(
    owner: Person,
    repoId: string,
    commits: SeedCommit[],
    options: Partial<SeedOptions> = {},
    earlier?: SeededRepository,
  ): Promise<SeededRepository> {
    const { pushStore, blobs } = this.stores;
    const openWriter = (id: string) =>
      new SegmentWriter({
        repoId: id,
        blobs,
        uuid: () => crypto.randomUUID(),
        limits: SEGMENT_LIMITS,
      });
    return seedRepository(
      { pushStore, openWriter },
      commits,
      { repoId, principal: owner.principal, ...options },
      earlier,
    );
  }
}

export interface DatabaseStage {
  stage: FetchStage;
  database: TestDatabase;
  /** Where the segments lie, as files. */
  blobFolder: string;
  close(): Promise<void>;
}

/** A stage over PostgreSQL and local files. */
export async function openDatabaseStage(): Promise<DatabaseStage> {
  const database = await openTestDatabase();
  const blobFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-blobs-'));
  const blobs = new LocalBlobStore({ root: blobFolder });
  const stage = new FetchStage({
    identities: new PostgresIdentityStore(database.prisma),
    accounts: new PostgresAccountStore(database.prisma),
    pushStore: new PostgresPushStore(database.prisma),
    fetchStore: new PostgresFetchStore(database.prisma),
    blobs,
  });
  return {
    stage,
    database,
    blobFolder,
    async close() {
      await blobs.close();
      await database.drop();
      fs.rmSync(blobFolder, { recursive: true, force: true });
    },
  };
}
