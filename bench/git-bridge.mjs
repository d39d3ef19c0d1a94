// git's own http-backend behind node:http: `node git-bridge.mjs FOLDER PORT`. FOLDER holds bare
// repositories. Says "ready" when it listens.
import { spawn } from 'node:child_process';
import http from 'node:http';

const [folder, port] = process.argv.slice(2);
const BACKEND = process.env.GIT_HTTP_BACKEND ?? '/usr/lib/git-core/git-http-backend';

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const { headers } = request;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: process.env.GIT_CONFIG_GLOBAL,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: headers['content-type'] ?? '',
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
    ...(headers['content-length'] && { CONTENT_LENGTH: headers['content-length'] }),
    ...(headers['content-encoding'] && { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
    ...(headers['git-protocol'] && { GIT_PROTOCOL: headers['git-protocol'] }),
  };
  const backend = spawn(BACKEND, [], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  request.pipe(backend.stdin);
  // A backend that has seen enough closes its input before all is sent.
  backend.stdin.on('error', () => request.resume());
  backend.on('error', (error) => response.destroy(error));
  answer(backend.stdout, response);
});

/** A CGI answer: a head of lines, an empty line, the body. */
function answer(output, response) {
  let head = Buffer.alloc(0);
  const onData = (part) => {
    head = Buffer.concat([head, part]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    output.off('data', onData);
    let status = 200;
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === 'status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status);
    const body = head.subarray(end + 4);
    if (body.length > 0) response.write(body);
    output.pipe(response);
  };
  output.on('data', onData);
  output.once('end', () => response.headersSent || response.writeHead(500).end());
}

server.requestTimeout = 0;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
