import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { isKeyProof, proveKey } from '~/muse/key-proof';
import { keyIdOf } from '~/muse/signature';
import type { Principal } from '~/server/access';
import { addKey, type WantedKey } from '~/server/services/add-key';
import { listKeys } from '~/server/services/list-keys';
import { revokeKey } from '~/server/services/revoke-key';
import { AN_ACT, TEST_USE } from '~tests/support/audit-entries';
import { MemoryHub } from '~tests/support/memory-hub';
import { memoryWorld } from '~tests/support/memory-world';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

let hub: MemoryHub;
let world: StoreWorld;
let ada: User;
let eve: User;
beforeEach(async () => {
  hub = new MemoryHub();
  world = memoryWorld(hub);
  ada = await addUser(world, { handle: 'Ada' });
  eve = await addUser(world, { handle: 'eve' });
  hub.acts.length = 0;
});

const deps = () => ({ keys: world.keys, use: TEST_USE });
const rawOf = (key: KeyObject) => key.export({ format: 'jwk' }).x!;
const pair = () => generateKeyPairSync('ed25519');
const add = (who: Principal, { privateKey, publicKey } = pair(), more: Partial<WantedKey> = {}) => {
  const handle = who.kind === 'user' ? who.handle : '';
  const proof = proveKey(handle, privateKey);
  return addKey(who, { name: 'laptop', publicKey: rawOf(publicKey), proof, ...more }, deps());
};

describe('a signing key', () => {
  it('is registered by who holds its private half, and named by its hash', async () => {
    const keys = pair();
    const { keyId } = await add(ada, keys, { publicKey: `ed25519:${rawOf(keys.publicKey)}` });
    expect(keyId).toBe(keyIdOf(Buffer.from(rawOf(keys.publicKey), 'base64url')));
    expect(await listKeys(ada, deps())).toMatchObject([{ keyId, name: 'laptop' }]);
    expect(hub.acts.map(({ action, subject }) => [action, subject.id])).toEqual([
      ['key.add', keyId],
    ]);
    expect(await add(ada, keys, { name: 'again' })).toEqual({ keyId, name: 'laptop' });
    expect(hub.acts).toHaveLength(1);
  });

  it('is nobody’s who only read it in a commit', async () => {
    const keys = pair();
    await expect(add(eve, keys, { proof: proveKey('ada', keys.privateKey) })).rejects.toMatchObject(
      { code: 'bad-frame', detail: { field: 'proof' } },
    );
    await add(ada, keys);
    await expect(add(eve, keys)).rejects.toMatchObject({
      code: 'access-denied',
      message: 'This key is registered to another account.',
    });
  });

  it('is revoked by its account, once, and not registered again', async () => {
    const keys = pair();
    const { keyId } = await add(ada, keys);
    const none = { code: 'object-not-found' };
    await expect(revokeKey(eve, keyId, deps())).rejects.toMatchObject(none);
    await revokeKey(ada, `sha256:${keyId}`, deps());
    await expect(revokeKey(ada, keyId, deps())).rejects.toMatchObject(none);
    await expect(revokeKey(ada, 'no id', deps())).rejects.toMatchObject(none);
    expect(await listKeys(ada, deps())).toMatchObject([{ revokedAtMs: expect.any(Number) }]);
    await expect(add(ada, keys)).rejects.toMatchObject({ code: 'access-denied' });
    expect(hub.acts.map(({ action }) => action)).toEqual(['key.add', 'key.revoke']);
  });

  it('is taken only in its form, and the refusal names the field', async () => {
    const wrong: [Partial<WantedKey>, string][] = [
      [{ publicKey: '' }, 'public_key'],
      [{ publicKey: randomBytes(31).toString('base64url') }, 'public_key'],
      [{ proof: '' }, 'proof'],
      [{ proof: randomBytes(64).toString('base64url') }, 'proof'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ name: 'a\u0000b' }, 'name'],
    ];
    for (const [more, field] of wrong) {
      await expect(add(ada, pair(), more)).rejects.toMatchObject({
        ...{ code: 'bad-frame', detail: { field } },
      });
    }
    expect((await add(ada, pair(), { name: ' ' })).name).toBe('key');
  });

  it('is managed by a token of the scope admin that is narrowed to nothing', async () => {
    const narrow = await withToken(world, ada, { scopes: ['read', 'write'] });
    const refused = { code: 'insufficient-scope' };
    await expect(add(narrow)).rejects.toMatchObject(refused);
    await expect(listKeys(narrow, deps())).rejects.toMatchObject(refused);
    await expect(revokeKey(narrow, 'ab'.repeat(32), deps())).rejects.toMatchObject(refused);
    await expect(listKeys({ kind: 'anonymous' }, deps())).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('is one of 200 of an account', async () => {
    for (let n = 0; n < 200; n++) {
      const publicKey = new Uint8Array(randomBytes(32));
      const key = { keyId: keyIdOf(publicKey), publicKey, userId: ada.userId, name: '' };
      await world.keys.addKey(key, AN_ACT);
    }
    await expect(add(ada)).rejects.toMatchObject({ code: 'limit-exceeded' });
    await add(eve);
  });
});

describe('the proof of a key', () => {
  it('is good for one account, whatever the case of its handle', () => {
    const { privateKey, publicKey } = pair();
    const raw = Buffer.from(rawOf(publicKey), 'base64url');
    const proof = proveKey('Ada', privateKey);
    expect(isKeyProof('aDA', raw, proof)).toBe(true);
    expect(isKeyProof('ada2', raw, proof)).toBe(false);
    expect(isKeyProof('ada', new Uint8Array(randomBytes(32)), proof)).toBe(false);
    expect(isKeyProof('ada', raw, `${proof}=`)).toBe(false);
  });
});
