import path from 'node:path';
import type { Env } from '../env';
import type { Logger } from '../logger';
import type { BlobStore } from '../ports/blob-store';
import { LocalBlobStore } from '../storage/local-blob-store';
import { S3BlobStore } from '../storage/s3-blob-store';

/** The object storage of a hub, as its configuration says. */
export function openBlobStore({ storage, dataFolder }: Env, logger: Logger): BlobStore {
  if (storage.kind === 'local')
    return new LocalBlobStore({ root: path.join(dataFolder, 'objects') });
  return new S3BlobStore({
    ...storage,
    createBucket: true,
    onTrouble: ({ operation, attempt, final, error }) =>
      logger.warn('the object storage did not do what it was asked', {
        operation,
        attempt,
        final,
        err: error,
      }),
  });
}
