import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '~/cli/exit-code';
import { isKeyProof } from '~/muse/key-proof';
import { AN_ACT } from '~tests/support/audit-entries';
import { tempFolder } from '~tests/support/muse-fixtures';
import { MuseFolder } from '~tests/support/muse-folder';
import { runCli } from '~tests/support/run-cli';
import { WireServer } from '~tests/support/wire-server';

let server: WireServer;
let home: string;
let slugs = 0;
beforeAll(async () => {
  server = await WireServer.start();
});
beforeEach(() => {
  home = tempFolder();
});
afterAll(() => server.stop());

const musehub = (argv: string[], more: { cwd?: string; token?: string } = {}) =>
  runCli(argv, {
    ...{ cwd: more.cwd ?? home, home },
    env: { MUSEHUB_TOKEN: more.token ?? server.token, MUSEHUB_URL: server.url },
  });

const keyFile = () => path.join(home, '.muse', 'keys', `127.0.0.1_${new URL(server.url).port}.pem`);

/** A new repository on the hub, and what the hub says of a commit's signature there. */
async function newRemote() {
  const slug = `keys-${++slugs}`;
  const url = await server.repository(slug);
  const found = [...server.hub.repositories.values()].find((each) => each.slug === slug)!;
  return { url, stateOf: (id: string) => found.commits.get(id)?.signatureState };
}

describe('a signing key', () => {
  it('is made, kept for its owner alone, registered, listed and revoked', async () => {
    const made = await musehub(['key', 'generate', '--name', 'laptop']);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('for ada as "laptop"') });
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(keyFile())).mode & 0o777).toBe(0o700);
    expect(readFileSync(keyFile(), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const again = await musehub(['key', 'generate']);
    expect(again).toMatchObject({ code: EXIT.conflict });
    expect((await musehub(['key', 'list'])).out).toMatch(
      /^[0-9a-f]{16} {2}added .* laptop \(kept here\)\n$/,
    );
    const listed = JSON.parse((await musehub(['key', 'list', '--json'])).out).keys;
    expect(listed).toMatchObject([{ name: 'laptop', here: true, revoked_at: null }]);
    const revoked = await musehub(['key', 'revoke', 'laptop']);
    expect(revoked).toMatchObject({ code: 0, out: expect.stringContaining('Revoked the key') });
    expect((await musehub(['key', 'list'])).out).toContain('revoked');
    expect((await musehub(['key', 'revoke', 'laptop'])).code).toBe(EXIT.notFound);
    expect((await musehub(['key', 'add'])).err).toContain('This key was revoked');
  });

  it('is kept when it cannot be registered, and registered later', async () => {
    const failed = await musehub(['key', 'generate'], { token: 'muse_pat_wrong' });
    expect(failed.code).toBe(EXIT.auth);
    expect(failed.out).toContain('It is not registered yet.');
    expect(existsSync(keyFile())).toBe(true);
    const added = await musehub(['key', 'add', '--name', 'late', '--json']);
    expect(JSON.parse(added.out)).toMatchObject({ name: 'late' });
    expect((await musehub(['key', 'add', '--name', 'other'])).code).toBe(0);
  });

  it('of an agent is managed by who answers for it, and by nobody else', async () => {
    const agent = { displayName: '', kind: 'agent' as const, role: 'user' as const };
    const ownerId = (await server.world.accounts.findAccountByHandle('ada'))!.id;
    await server.world.accounts.createAccount(
      {
        ...{ ...agent, id: crypto.randomUUID(), handle: 'ada-bot', ownerId },
        ...{ passwordHash: null, login: null, invitationId: null },
      },
      AN_ACT,
    );
    await musehub(['key', 'generate', '--local']);
    const added = await musehub(['key', 'add', '--as', 'ada-bot', '--name', 'ci']);
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('for ada-bot as "ci"') });
    const listed = await musehub(['key', 'list', '--as', 'ada-bot', '--json']);
    expect(JSON.parse(listed.out).keys).toMatchObject([{ name: 'ci', here: true }]);
    expect((await musehub(['key', 'list'])).out).not.toContain('(kept here)');
    expect((await musehub(['key', 'revoke', 'ci'])).code).toBe(EXIT.notFound);
    expect((await musehub(['key', 'revoke', 'ci', '--as', 'ada-bot'])).code).toBe(0);
    const strange = await musehub(['key', 'list', '--as', 'ada']);
    expect(strange).toMatchObject({ code: EXIT.notFound });
    expect(strange.err).toContain('You have no agent of this name.');
  });

  it('is shown as the line that the page takes, without its private half', async () => {
    await musehub(['key', 'generate', '--local']);
    expect((await musehub(['key', 'show'])).code).toBe(EXIT.usage);
    const { out } = await musehub(['key', 'show', '--as', 'bot']);
    const [, publicKey = '', proof = ''] = /^ed25519:(\S{43}) (\S{86})\n$/.exec(out)!;
    expect(isKeyProof('bot', Buffer.from(publicKey, 'base64url'), proof)).toBe(true);
  });

  it('is read only when nobody else may, and when it is one', async () => {
    await musehub(['key', 'generate', '--local']);
    chmodSync(keyFile(), 0o640);
    const open = await musehub(['key', 'add']);
    expect(open.code).toBe(EXIT.usage);
    expect(open.err).toContain('Others can read the private key');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const files = {
      'none.pem': 'secret words',
      'ec.pem': privateKey.export({ format: 'pem', type: 'pkcs8' }),
    };
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(home, name);
      writeFileSync(file, text, { mode: 0o600 });
      const { code, err } = await musehub(['key', 'add', file]);
      expect(code).toBe(EXIT.usage);
      expect(err).toContain('is not an Ed25519 private key');
      expect(err).not.toContain('secret words');
    }
    expect((await musehub(['key', 'add', 'nowhere.pem'])).code).toBe(EXIT.notFound);
  });
});

describe('a signed push', () => {
  it('is verified by the hub, changes no id, and signs what is new only', async () => {
    const { url, stateOf } = await newRemote();
    const muse = await MuseFolder.make();
    const [first, second] = muse.line('main', 2);
    await musehub(['push', url, 'main'], { cwd: muse.root });
    expect([stateOf(first!), stateOf(second!)]).toEqual(['none', 'none']);

    await musehub(['key', 'generate']);
    const [third, fourth] = muse.line('main', 2, second, 'more');
    const signed = await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    expect(signed).toMatchObject({ code: 0, err: expect.stringContaining('signed 2 commits') });
    expect([second, third, fourth].map((id) => stateOf(id!))).toEqual([
      ...['none', 'verified', 'verified'],
    ]);
    const record = JSON.parse(muse.file(`commits/${third}.json`));
    expect(record.signature).toMatch(/^[A-Za-z0-9_-]{86}$/);
    expect(record.signer_key_id).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.parse(muse.file(`commits/${second}.json`))).not.toHaveProperty('signature');

    const copy = path.join(tempFolder(), 'copy');
    await musehub(['clone', url, copy]);
    const there = readFileSync(path.join(copy, `.muse/commits/${fourth}.json`), 'utf8');
    expect(there).toBe(muse.file(`commits/${fourth}.json`));
  });

  it('leaves alone what is there on another branch', async () => {
    const { url, stateOf } = await newRemote();
    const muse = await MuseFolder.make();
    const [first] = muse.line('main', 1);
    const [other] = muse.line('other', 1, first);
    await musehub(['push', url, '--all'], { cwd: muse.root });
    await musehub(['key', 'generate']);
    const merged = muse.commit({ parents: [first!, other!], files: {}, branch: 'main' });
    const signed = await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    expect(signed.code).toBe(0);
    expect([stateOf(other!), stateOf(merged)]).toEqual(['none', 'verified']);
  });

  it('by a key that is not registered, or not any more, is by a key unknown', async () => {
    const { url, stateOf } = await newRemote();
    const muse = await MuseFolder.make();
    await musehub(['key', 'generate', '--local']);
    const [first] = muse.line('main', 1);
    await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    expect(stateOf(first!)).toBe('unknown-key');

    await musehub(['key', 'add', '--name', 'k']);
    const [second] = muse.line('main', 1, first);
    await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    await musehub(['key', 'revoke', 'k']);
    const [third] = muse.line('main', 1, second);
    await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    expect([second, third].map((id) => stateOf(id!))).toEqual(['verified', 'unknown-key']);
  });

  it('adds no key to a record whose id covers it, and does not sign for another one', async () => {
    const { url, stateOf } = await newRemote();
    const muse = await MuseFolder.make();
    await musehub(['key', 'generate']);
    const six = { files: { a: 'a' }, branch: 'main', sixFields: { signerPublicKey: '' } };
    const id = muse.commit(six);
    expect((await musehub(['push', url, 'main', '--sign'], { cwd: muse.root })).code).toBe(0);
    expect(stateOf(id)).toBe('verified');
    expect(JSON.parse(muse.file(`commits/${id}.json`))).not.toHaveProperty('signer_public_key');

    const before = muse.file(
      `commits/${muse.commit({ ...six, branch: 'x', second: 9, sixFields: { signerPublicKey: 'another' } })}.json`,
    );
    const refused = await musehub(['push', url, 'x', '--sign'], { cwd: muse.root });
    expect(refused.code).toBe(EXIT.refused);
    expect(refused.err).toContain('covers the public key of another signer');
    expect(muse.file(`commits/${JSON.parse(before).commit_id}.json`)).toBe(before);
  });

  it('needs a key', async () => {
    const muse = await MuseFolder.make();
    muse.line('main', 1);
    const { url } = await newRemote();
    const none = await musehub(['push', url, 'main', '--sign'], { cwd: muse.root });
    expect(none.code).toBe(EXIT.notFound);
    expect(none.err).toContain('musehub key generate');
  });
});
