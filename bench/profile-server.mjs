// Loaded into a server (`node --import`): writes a CPU profile into the folder BENCH_PROFILE_SERVER
// when the process ends. `--cpu-prof` is not allowed in NODE_OPTIONS.
import fs from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';

const folder = process.env.BENCH_PROFILE_SERVER;
if (folder) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) =>
      fs.writeFileSync(path.join(folder, `${process.pid}.cpuprofile`), JSON.stringify(profile)),
    );
  });
}
