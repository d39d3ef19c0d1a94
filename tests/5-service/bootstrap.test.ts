import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hashToken } from '~/server/auth/token-text';
import { systemClock } from '~/server/ports/clock';
import { bootstrapAdmin } from '~/server/start/bootstrap';
import { MemoryHub } from '~tests/support/memory-hub';
import { memoryWorld } from '~tests/support/memory-world';
import { tempFolder } from '~tests/support/muse-fixtures';

let folder: string;
let hub: MemoryHub;
let deps: Parameters<typeof bootstrapAdmin>[1];
const world = () => memoryWorld(hub);
const acts = () => hub.acts.map(({ action, actorId }) => ({ action, actorId }));

beforeEach(() => {
  folder = tempFolder();
  hub = new MemoryHub();
  deps = { identities: world().identity, accounts: world().accounts, clock: systemClock };
});

describe('the first start of a hub', () => {
  it('makes an admin and its token, each noted as an act of the hub', async () => {
    const file = await bootstrapAdmin(folder, deps);
    expect(file).toBe(path.join(folder, 'admin-token'));
    const text = fs.readFileSync(file!, 'utf8').trim();
    const token = await deps.identities.findToken(hashToken(text));
    expect(token).toMatchObject({ handle: 'admin', role: 'admin', expiresAtMs: null });
    expect(acts()).toEqual([
      { action: 'account.create', actorId: null },
      { action: 'token.create', actorId: null },
    ]);
    expect(hub.acts[0]).toMatchObject({
      subject: { kind: 'account', id: token!.userId, name: 'admin' },
      detail: { role: 'admin' },
    });
  });

  it('is done once: a later start makes, and notes, nothing', async () => {
    await bootstrapAdmin(folder, deps);
    expect(await bootstrapAdmin(folder, deps)).toBeNull();
    fs.rmSync(path.join(folder, 'admin-token'));
    expect(await bootstrapAdmin(folder, deps)).toBeNull();
    expect(acts()).toHaveLength(2);
  });

  it('leaves no file when another hub on the same database was faster', async () => {
    const faster = {
      ...deps,
      identities: Object.create(deps.identities, { findUser: { value: async () => null } }),
    };
    await bootstrapAdmin(tempFolder(), deps);
    expect(await bootstrapAdmin(folder, faster)).toBeNull();
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
