import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { administrate, urlOf } from '~tests/support/database-server';
import { eventually } from '~tests/support/eventually';
import { ensureBuild, freePort, type Hub, startHub } from '~tests/support/hub';

beforeAll(() => ensureBuild(), 600_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Parameters<typeof startHub>[0] = {}): Promise<Hub> {
  const hub = await startHub(options);
  cleanups.push(() => hub.dispose());
  return hub;
}

const modeOf = (...parts: string[]) => fs.statSync(path.join(...parts)).mode & 0o777;
const whoami = async (hub: Hub) => (await hub.fetch('/api/whoami')).json();

function createRepository(hub: Hub, slug: string): Promise<Response> {
  return hub.fetch('/api/repos', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ slug, visibility: 'public' }),
  });
}

describe('a first start', () => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub();
  });
  afterAll(() => hub.dispose());

  it('serves: alive and ready', async () => {
    const health = await fetch(`${hub.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${hub.url}/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      ready: true,
      database: 'ok',
      storage: 'ok',
      draining: false,
    });
  });

  it('leaves a token of the first account, which is an admin', async () => {
    expect(hub.adminToken).toMatch(/^muse_pat_[0-9A-Za-z]{39}$/);
    expect(await whoami(hub)).toMatchObject({ handle: 'admin', role: 'admin' });
  });

  it('keeps its secrets from other accounts of the machine', () => {
    for (const file of ['admin-token', 'secrets.json', 'database-url', 'hub.lock']) {
      expect([file, modeOf(hub.dataFolder, file)]).toEqual([file, 0o600]);
    }
    expect(modeOf(hub.dataFolder, 'postgres')).toBe(0o700);
  });

  it('says nothing secret', () => {
    const { databasePassword, sessionSecret } = JSON.parse(
      fs.readFileSync(path.join(hub.dataFolder, 'secrets.json'), 'utf8'),
    );
    expect(hub.output).toContain(`musehub is at ${hub.url}`);
    for (const secret of [databasePassword, sessionSecret, hub.adminToken]) {
      expect(hub.output).not.toContain(secret);
    }
  });

  it('locks its data folder against a second hub, and goes on', async () => {
    const second = startHub({ dataFolder: hub.dataFolder });
    await expect(second).rejects.toThrow(
      new RegExp(`ended \\(1\\).*musehub: Another hub \\(process ${hub.pid} on .*stop it, or`, 's'),
    );
    expect((await fetch(`${hub.url}/ready`)).status).toBe(200);
  });
});

describe('the next start', () => {
  it('has the same account, token and repositories', async () => {
    const hub = await start();
    const token = hub.adminToken;
    expect((await createRepository(hub, 'kept')).status).toBe(201);
    expect(await hub.stop()).toBe(0);
    await hub.start();
    expect(hub.adminToken).toBe(token);
    expect(await whoami(hub)).toMatchObject({ handle: 'admin' });
    expect((await createRepository(hub, 'kept')).status).toBe(409);
  });

  it('takes over the PostgreSQL of a hub that was killed', async () => {
    const hub = await start();
    expect((await createRepository(hub, 'kept')).status).toBe(201);
    const postgres = hub.postgresPid();
    await hub.kill();
    await hub.start();
    expect(hub.postgresPid()).toBe(postgres);
    expect(hub.output).toContain('took over the PostgreSQL that an earlier hub left running');
    expect((await createRepository(hub, 'kept')).status).toBe(409);
    expect(await hub.stop()).toBe(0);
    expect(hub.postgresPid()).toBe(0);
  });

  it('survives that hub and PostgreSQL were killed at once', async () => {
    const hub = await start();
    expect((await createRepository(hub, 'kept')).status).toBe(201);
    process.kill(hub.postgresPid(), 'SIGKILL');
    await hub.kill();
    await hub.start();
    expect((await createRepository(hub, 'kept')).status).toBe(409);
  });

  it('completes a first start that was interrupted before the token was stored', async () => {
    const hub = await start();
    const url = fs.readFileSync(path.join(hub.dataFolder, 'database-url'), 'utf8').trim();
    await administrate(url, 'DELETE FROM access_tokens');
    await hub.stop();
    await hub.start();
    expect(await whoami(hub)).toMatchObject({ handle: 'admin' });
  });

  it('makes no token anew once its file was taken away', async () => {
    const hub = await start();
    await hub.stop();
    fs.rmSync(path.join(hub.dataFolder, 'admin-token'));
    await hub.start();
    expect(fs.existsSync(path.join(hub.dataFolder, 'admin-token'))).toBe(false);
  });
});

describe('a running hub', () => {
  it('serves again by itself after its PostgreSQL was killed', async () => {
    const hub = await start();
    const killed = hub.postgresPid();
    process.kill(killed, 'SIGKILL');
    await eventually(async () => {
      expect(hub.postgresPid()).not.toBe(killed);
      expect((await fetch(`${hub.url}/ready`)).status).toBe(200);
    });
    expect(await whoami(hub)).toMatchObject({ handle: 'admin' });
    expect(hub.output).toContain('PostgreSQL ended unexpectedly');
  });

  it('is not ready, and says what is missing, when its storage is gone', async () => {
    const hub = await start();
    const objects = path.join(hub.dataFolder, 'objects');
    fs.rmSync(objects, { recursive: true, force: true });
    fs.writeFileSync(objects, 'not a folder');
    const ready = await fetch(`${hub.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, database: 'ok', storage: 'failed' });
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
  });
});

describe('a hub with a database of the operator', () => {
  it('uses that one and starts none', async () => {
    const { url: serverUrl } = inject('databaseServer');
    const name = `musehub_hub_${process.pid}`;
    await administrate(serverUrl, `CREATE DATABASE ${name}`);
    cleanups.push(() => administrate(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
    const hub = await start({ env: { DATABASE_URL: urlOf(serverUrl, name) } });
    expect(await whoami(hub)).toMatchObject({ handle: 'admin' });
    expect(fs.existsSync(path.join(hub.dataFolder, 'postgres'))).toBe(false);
    const client = new pg.Client({ connectionString: urlOf(serverUrl, name) });
    await client.connect();
    const { rows } = await client.query('SELECT handle FROM users');
    await client.end();
    expect(rows).toEqual([{ handle: 'admin' }]);
    expect(await hub.stop()).toBe(0);
  });

  it('shares it with a second hub, which makes no second account', async () => {
    const { url: serverUrl } = inject('databaseServer');
    const name = `musehub_two_${process.pid}`;
    await administrate(serverUrl, `CREATE DATABASE ${name}`);
    cleanups.push(() => administrate(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
    const env = { DATABASE_URL: urlOf(serverUrl, name) };
    const [one, two] = await Promise.all([start({ env }), start({ env })]);
    const holders = [one, two].filter((hub) =>
      fs.existsSync(path.join(hub.dataFolder, 'admin-token')),
    );
    expect(holders).toHaveLength(1);
    const headers = { authorization: `Bearer ${holders[0]!.adminToken}` };
    for (const hub of [one, two]) {
      expect(await (await fetch(`${hub.url}/api/whoami`, { headers })).json()).toMatchObject({
        handle: 'admin',
      });
    }
  });
});

const isRoot = process.getuid?.() === 0;
const canBecomeNobody = isRoot && spawnSync('setpriv', ['--version']).status === 0;

describe('a hub of an ordinary account', () => {
  it.runIf(canBecomeNobody)('has the same in a folder of its own (needs root to try)', async () => {
    const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-nobody-'));
    cleanups.push(() => fs.rmSync(dataFolder, { recursive: true, force: true }));
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout),
    );
    fs.chownSync(dataFolder, uid!, gid!);
    const hub = await start({
      dataFolder,
      launcher: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    });
    expect(await whoami(hub)).toMatchObject({ handle: 'admin' });
    expect(fs.statSync(path.join(dataFolder, 'postgres')).uid).toBe(uid);
    await hub.kill();
    await hub.start();
    expect(hub.output).toContain('took over the PostgreSQL');
    expect(await hub.stop()).toBe(0);
  });

  it.runIf(isRoot)('is what the PostgreSQL of root runs as', async () => {
    const hub = await start();
    const status = fs.readFileSync(`/proc/${hub.postgresPid()}/status`, 'utf8');
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    expect(uid).toBeGreaterThan(0);
    expect(fs.statSync(path.join(hub.dataFolder, 'postgres')).uid).toBe(uid);
  });
});

describe('a hub that cannot start says why in one sentence, and ends with 1:', () => {
  async function refusalOf(options: Parameters<typeof startHub>[0]): Promise<string> {
    const error = await startHub(options).then(
      () => new Error('it started'),
      (reason: Error) => reason,
    );
    expect(error.message).toMatch(/^the hub ended \(1\); it said:\n/);
    const said = error.message.split('\n').slice(1).join('\n').trimEnd();
    expect(said).toMatch(/^musehub: [^\n]+[.]$/);
    return said;
  }

  it('a wrong variable', async () => {
    expect(await refusalOf({ env: { PORT: 'http' } })).toContain('PORT "http" must be');
    expect(await refusalOf({ env: { MUSEHUB_STORAGE: 's3' } })).toContain('S3_ENDPOINT is missing');
  });

  it('a port that is in use', async () => {
    const taken = net.createServer().listen(await freePort(), '127.0.0.1');
    cleanups.push(() => taken.close());
    await eventually(() => expect(taken.listening).toBe(true));
    const port = String((taken.address() as net.AddressInfo).port);
    const error = await startHub({ env: { PORT: port } }).catch((reason: Error) => reason);
    expect(String(error)).toContain(`musehub: Port ${port} is in use; stop what uses it, or set`);
    expect(String(error)).not.toContain('    at ');
  });

  it('a data folder that is a file', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-')), 'file');
    cleanups.push(() => fs.rmSync(path.dirname(file), { recursive: true }));
    fs.writeFileSync(file, '');
    const said = await refusalOf({ env: { MUSEHUB_DATA: file } });
    expect(said).toContain(`The data folder ${file} cannot be used`);
  });

  it('damaged secrets', async () => {
    const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-'));
    cleanups.push(() => fs.rmSync(dataFolder, { recursive: true }));
    fs.writeFileSync(path.join(dataFolder, 'secrets.json'), '{"sessionSecret":');
    expect(await refusalOf({ dataFolder })).toContain('secrets.json cannot be read or is damaged');
  });

  it('a database that does not answer', async () => {
    const url = `postgresql://hub:hunter22@127.0.0.1:${await freePort()}/hub`;
    const said = await refusalOf({ env: { DATABASE_URL: url } });
    expect(said).toContain('DATABASE_URL');
    expect(said).not.toContain('hunter22');
  });
});
