import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Where an S3 server is and how it is entered. */
export interface S3Access {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Server extends S3Access {
  stop: () => Promise<void>;
}

const PYTHON = '/usr/bin/python3';
const NEEDED = [
  PYTHON,
  '/usr/bin/swift-proxy-server',
  '/usr/bin/swift-object-server',
  '/usr/bin/memcached',
];
const STARTER = fileURLToPath(new URL('./swift-s3.py', import.meta.url));

/** Why no Swift can be started here; null when it can. */
export function swiftMissing(): string | null {
  const missing = NEEDED.filter((path) => !existsSync(path));
  if (missing.length === 0) return null;
  return `OpenStack Swift is not installed (${missing.join(', ')}); on Debian: apt-get install --no-install-recommends swift-proxy swift-object swift-container swift-account memcached python3-lxml`;
}

/** Starts an OpenStack Swift with its S3 interface, empty, on free ports. Takes some 3 s. */
export async function startSwift(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'musehub-swift-'));
  const child = spawn(PYTHON, [STARTER, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const firstLine = once(createInterface(child.stdout), 'line');
  const line = await Promise.race([
    firstLine.then(([text]) => String(text)),
    exited.then(([code]) => Promise.reject(new Error(`Swift did not start: exit ${code}`))),
  ]);
  return {
    ...(JSON.parse(line) as S3Access),
    stop: async () => {
      child.stdin.end();
      await exited;
      await rm(folder, { recursive: true, maxRetries: 3 });
    },
  };
}

/** The S3 server that TEST_S3_ENDPOINT and its companions name, to run the same tests against. */
export function namedS3(): (S3Access & { bucket: string }) | null {
  const {
    TEST_S3_ENDPOINT: endpoint,
    TEST_S3_BUCKET: bucket = 'musehub-tests',
    TEST_S3_REGION: region = 'us-east-1',
    TEST_S3_ACCESS_KEY_ID: accessKeyId = '',
    TEST_S3_SECRET_ACCESS_KEY: secretAccessKey = '',
  } = process.env;
  return endpoint ? { endpoint, bucket, region, accessKeyId, secretAccessKey } : null;
}
