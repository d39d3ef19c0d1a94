// The floor of a push: a bare HTTP server that hashes what it is sent and answers with the digest.
// `node hash-server.mjs PORT`; says "ready" when it listens.
import { createHash } from 'node:crypto';
import http from 'node:http';

const server = http.createServer((request, response) => {
  const hash = createHash('sha256');
  request.on('data', (part) => hash.update(part));
  request.on('end', () => response.end(hash.digest('hex')));
});
server.requestTimeout = 0;
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
