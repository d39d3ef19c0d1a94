import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { proveKey } from '~/muse/key-proof';
import { addKey } from '~/server/services/add-key';
import { listKeys } from '~/server/services/list-keys';
import { makeAgent } from '~/server/services/make-account';
import { openAgent } from '~/server/services/open-agent';
import { revokeKey } from '~/server/services/revoke-key';
import { accountStage, refusalOf } from '~tests/support/account-stage';

let stage: Awaited<ReturnType<typeof accountStage>>;
let ada: Awaited<ReturnType<typeof stage.signedIn>>;
beforeEach(async () => {
  stage = await accountStage();
  ada = await stage.signedIn(await stage.person('ada'));
  await makeAgent(ada, { handle: 'ada-bot', displayName: '' }, stage.deps);
});

const deps = () => ({ ...stage.deps, keys: stage.world.keys });

describe('the signing keys of an agent', () => {
  it('are managed by who answers for it, and noted as that person’s acts', async () => {
    const { principal: agent } = await openAgent(ada, 'ada-bot', stage.deps);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const wanted = { name: 'ci', publicKey: publicKey.export({ format: 'jwk' }).x! };
    const proof = proveKey('ada-bot', privateKey);
    expect(await refusalOf(addKey(ada, { ...wanted, proof }, deps()))).toBe('bad-frame');
    const { keyId } = await addKey(agent, { ...wanted, proof }, deps());
    expect(stage.last()).toMatchObject({ action: 'key.add', actorName: 'ada' });
    expect(await listKeys(agent, deps())).toMatchObject([{ keyId }]);
    expect(await listKeys(ada, deps())).toEqual([]);
    expect(await refusalOf(revokeKey(ada, keyId, deps()))).toBe('object-not-found');
    await revokeKey(agent, keyId, deps());
    expect(stage.last()).toMatchObject({ action: 'key.revoke', actorName: 'ada' });
  });
});
