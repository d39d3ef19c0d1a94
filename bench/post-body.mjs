// Sends a file as the body of a POST, as quickly as the server takes it: a client whose frames are
// prepared. `node post-body.mjs URL FILE`; prints what the server answers, fails without a 200.
import fs from 'node:fs';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';

const [url, file] = process.argv.slice(2);
const headers = { 'content-type': 'application/x-muse-packstream' };
if (process.env.MUSEHUB_TOKEN) headers.authorization = `Bearer ${process.env.MUSEHUB_TOKEN}`;
const request = http.request(url, { method: 'POST', headers, agent: false });
const answered = new Promise((resolve, reject) => {
  request.once('response', resolve);
  request.once('error', reject);
});
const sent = pipeline(fs.createReadStream(file, { highWaterMark: 1024 * 1024 }), request);
const response = await answered;
const parts = [];
for await (const part of response) parts.push(part);
await sent;
const body = Buffer.concat(parts);
process.stdout.write(body.subarray(-200).toString('latin1'));
// The code of the frame that ends a push well is R; a floor answers with a digest.
const good = response.statusCode === 200 && !body.includes('\xa1t\xa1X', 0, 'latin1');
process.exitCode = good ? 0 : 1;
