import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  checkSigned,
  keyIdOf,
  keyIdsOf,
  parsePublicKey,
  type SignedCommit,
  shortKeyId,
  signatureState,
  signedMessageDigest,
  verifySignature,
} from '~/muse/signature';

const rawKey = (key: KeyObject) => Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');

const ada = generateKeyPairSync('ed25519');
const bob = generateKeyPairSync('ed25519');
const adaKey = rawKey(ada.publicKey);
const bobKey = rawKey(bob.publicKey);

const unsigned: SignedCommit = {
  id: 'c'.repeat(64),
  author: 'ada',
  agentId: 'counterpoint-bot',
  modelId: 'model-x',
  toolchainId: 't1',
  promptHash: '',
  signature: '',
  signerKeyId: '',
  signerPublicKey: '',
};

const signedBy = (key: KeyObject, fields: Partial<SignedCommit>): SignedCommit => {
  const digest = createHash('sha256')
    .update(['c'.repeat(64), 'ada', 'counterpoint-bot', 'model-x', 't1', ''].join('\0'))
    .digest('hex');
  const signature = sign(null, Buffer.from(digest), key).toString('base64url');
  return { ...unsigned, signature, ...fields };
};

/** Keys as a store gives them: by the full name and by the short form. */
const registered = (...keys: Buffer[]) => {
  const byId = new Map(
    keys.flatMap((key): [string, Buffer][] => [
      [keyIdOf(key), key],
      [shortKeyId(keyIdOf(key)), key],
    ]),
  );
  return (keyId: string) => byId.get(keyId) ?? null;
};

const short = shortKeyId(keyIdOf(adaKey));
const long = `sha256:${keyIdOf(adaKey)}`;
const publicKey = adaKey.toString('base64url');

describe('what is signed', () => {
  it('is the hex SHA-256 of six fields, joined with NUL', () => {
    expect(signedMessageDigest(unsigned)).toBe(
      createHash('sha256')
        .update(`${'c'.repeat(64)}\0ada\0counterpoint-bot\0model-x\0t1\0`)
        .digest('hex'),
    );
  });

  it.each(['id', 'author', 'agentId', 'modelId', 'toolchainId', 'promptHash'] as const)(
    'covers %s',
    (field) => {
      const commit = signedBy(ada.privateKey, {});
      expect(verifySignature(commit, adaKey)).toBe(true);
      expect(verifySignature({ ...commit, [field]: 'changed' }, adaKey)).toBe(false);
    },
  );

  it('is named by the SHA-256 of the raw key, in short by its first 16 digits', () => {
    expect(keyIdOf(adaKey)).toBe(createHash('sha256').update(adaKey).digest('hex'));
    expect(short).toBe(keyIdOf(adaKey).slice(0, 16));
  });
});

describe('a signature is', () => {
  it.each<[string, Partial<SignedCommit>]>([
    ['the short key id', { signerKeyId: short }],
    ['the long key id', { signerKeyId: long }],
    ['the bare key id', { signerKeyId: keyIdOf(adaKey) }],
    ['the public key', { signerPublicKey: publicKey }],
    ['the public key with its kind', { signerPublicKey: `ed25519:${publicKey}` }],
    ['both', { signerKeyId: short, signerPublicKey: publicKey }],
    [
      'a key id nobody knows and a public key',
      { signerKeyId: '0'.repeat(16), signerPublicKey: publicKey },
    ],
  ])('verified when a registered key made it, found by %s', (_, fields) => {
    const commit = signedBy(ada.privateKey, fields);
    expect(signatureState(commit, registered(bobKey, adaKey))).toBe('verified');
  });

  it('of an unknown key when the key is not registered, even if the record gives it', () => {
    for (const fields of [
      { signerKeyId: short },
      { signerKeyId: long },
      { signerPublicKey: publicKey },
    ])
      expect(signatureState(signedBy(ada.privateKey, fields), registered(bobKey))).toBe(
        'unknown-key',
      );
    expect(signatureState(signedBy(ada.privateKey, {}), registered(adaKey))).toBe('unknown-key');
  });

  it('of an unknown key when it is the HMAC of an old client', () => {
    const key = 'shared secret';
    const hmac = createHmac('sha256', key).update(signedMessageDigest(unsigned)).digest('hex');
    const signerKeyId = createHash('sha256').update(key).digest('hex').slice(0, 16);
    expect(signatureState({ ...unsigned, signature: hmac, signerKeyId }, registered(adaKey))).toBe(
      'unknown-key',
    );
  });

  it('bad when a registered key did not make it', () => {
    const forged = signedBy(bob.privateKey, { signerKeyId: short });
    expect(signatureState(forged, registered(adaKey))).toBe('bad');
    const moved = { ...signedBy(ada.privateKey, { signerKeyId: short }), author: 'bob' };
    expect(signatureState(moved, registered(adaKey))).toBe('bad');
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -1)],
    ['with padding', (text: string) => `${text}==`],
    ['in plain base64', () => '+/'.repeat(43)],
    ['of another length', () => 'A'.repeat(43)],
    ['no signature at all', () => 'signed by ada'],
  ])('bad when it names a registered key and is %s', (_, spoil) => {
    const commit = signedBy(ada.privateKey, { signerKeyId: short });
    expect(
      signatureState({ ...commit, signature: spoil(commit.signature) }, registered(adaKey)),
    ).toBe('bad');
  });

  it('none when there is none, whatever key is named', () => {
    expect(signatureState({ ...unsigned, signerKeyId: short }, registered(adaKey))).toBe('none');
  });

  it('not taken for that of a key that a store gives under a wrong name', () => {
    const commit = signedBy(bob.privateKey, { signerKeyId: short });
    expect(signatureState(commit, () => bobKey)).toBe('unknown-key');
  });
});

describe('the keys to look up', () => {
  it('are the named one, and that of the public key; none for an unsigned commit', () => {
    const named = signedBy(ada.privateKey, { signerKeyId: long, signerPublicKey: publicKey });
    expect(keyIdsOf(named)).toEqual([keyIdOf(adaKey), keyIdOf(adaKey)]);
    expect(keyIdsOf({ ...unsigned, signerKeyId: long })).toEqual([]);
    for (const signerKeyId of [
      'xyz',
      short.slice(1),
      `${short}0`,
      short.toUpperCase(),
      `sha256:${short}`,
    ])
      expect(keyIdsOf(signedBy(ada.privateKey, { signerKeyId }))).toEqual([]);
  });

  it('come from texts of 32 bytes only', () => {
    expect(parsePublicKey(publicKey)?.equals(adaKey)).toBe(true);
    expect(parsePublicKey(`${publicKey}=`)?.equals(adaKey)).toBe(true);
    for (const text of [
      '',
      publicKey.slice(1),
      `${publicKey}A`,
      `rsa:${publicKey}`,
      adaKey.toString('hex'),
    ])
      expect(parsePublicKey(text)).toBeNull();
  });
});

describe('a repository that takes signed commits only', () => {
  it('takes verified ones, and tells a missing signature from a bad one', () => {
    expect(checkSigned('c', 'verified')).toBeNull();
    expect(checkSigned('c', 'none')).toMatchObject({ code: 'signature-required' });
    for (const state of ['bad', 'unknown-key'] as const)
      expect(checkSigned('c', state)).toEqual({
        code: 'signature-invalid',
        detail: { commit_id: 'c', state },
      });
  });
});
