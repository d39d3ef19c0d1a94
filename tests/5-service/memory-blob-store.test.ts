import { describeBlobStore } from '~tests/contract/blob-store';
import { MemoryBlobStore } from '~tests/support/memory-blob-store';

describeBlobStore('memory', async () => ({
  store: new MemoryBlobStore(),
  refusesTakenKeys: true,
}));
