// Loaded into a server (`node --import`): writes a CPU profile into the folder BENCH_PROFILE_SERVER
// when the process ends; with BENCH_PROFILE_FROM_SIGNAL only from a SIGUSR2 on. `--cpu-prof` is not
// allowed in NODE_OPTIONS.
import fs from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';

const folder = process.env.BENCH_PROFILE_SERVER;
if (folder) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  const start = () => session.post('Profiler.start');
  // What comes before, such as loading the routes, can be left out.
  if (process.env.BENCH_PROFILE_FROM_SIGNAL) process.once('SIGUSR2', start);
  else start();
  process.once('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) =>
      fs.writeFileSync(path.join(folder, `${process.pid}.cpuprofile`), JSON.stringify(profile)),
    );
  });
}
