import type { Job } from './job';

/** Every ten minutes: sign-ins of programs that nobody decided about in time. */
export const sweepDeviceRequests: Job = {
  name: 'sweep-device-requests',
  schedule: '*/10 * * * *',
  async run(_payload, { devices, clock, logger }) {
    const swept = await devices.sweep(clock.now());
    if (swept > 0) logger.debug('swept sign-ins of programs', { swept });
  },
};
