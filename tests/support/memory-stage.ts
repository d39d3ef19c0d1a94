import { FetchStage } from './fetch-stage';
import { MemoryBlobStore } from './memory-blob-store';
import { memoryWorld } from './memory-world';

/** The stage of `fetch-stage` over memory stubs. */
export function memoryStage(): FetchStage & { stores: { blobs: MemoryBlobStore } } {
  const world = memoryWorld();
  const blobs = new MemoryBlobStore();
  return new FetchStage({
    identities: world.identity,
    accounts: world.accounts,
    pushStore: world.push,
    fetchStore: world.fetch,
    blobs,
  }) as FetchStage & { stores: { blobs: MemoryBlobStore } };
}
