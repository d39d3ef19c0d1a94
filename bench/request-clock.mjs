// Loaded into a server before its own code (`node --import`): writes one line per request and per
// connection to the file BENCH_REQUEST_LOG, so that both servers are measured by the same clock in
// the same place. A request is timed from its head, which Node has parsed, to the last byte of its
// answer; a connection's bytes are counted when it closes.
import fs from 'node:fs';
import http from 'node:http';

const file = process.env.BENCH_REQUEST_LOG;
if (file) {
  const log = fs.openSync(file, 'a');
  const note = (line) => fs.writeSync(log, `${JSON.stringify(line)}\n`);
  const emit = http.Server.prototype.emit;
  http.Server.prototype.emit = function (event, ...args) {
    if (event === 'connection') {
      const [socket] = args;
      note({ at: 'open' });
      socket.once('close', () =>
        note({ at: 'close', received: socket.bytesRead, sent: socket.bytesWritten }),
      );
    } else if (event === 'request') {
      const [request, response] = args;
      const begin = process.hrtime.bigint();
      response.once('close', () => {
        const ms = Number(process.hrtime.bigint() - begin) / 1e6;
        note({ at: 'request', method: request.method, url: request.url, ms });
      });
    }
    return emit.call(this, event, ...args);
  };
}
