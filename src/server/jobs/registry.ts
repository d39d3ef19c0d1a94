import { countChangesJob } from './count-changes';
import { failStalePushes } from './fail-stale-pushes';
import { indexHistoryJob, indexMissingJob } from './index-history';
import type { Job } from './job';
import { pushAccepted } from './push-accepted';
import { sweepDeviceRequests } from './sweep-device-requests';
import { sweepQuarantineJob } from './sweep-quarantine';

/** Every job there is. */
export const jobs: Job[] = [
  pushAccepted,
  countChangesJob,
  indexHistoryJob,
  indexMissingJob,
  sweepQuarantineJob,
  failStalePushes,
  sweepDeviceRequests,
];
