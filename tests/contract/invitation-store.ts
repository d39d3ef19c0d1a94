import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AN_ACT } from '~tests/support/audit-entries';
import { addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of invitations promises; accounts are made by them in the suite of accounts. */
export function describeInvitationStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const invite = async (fields: { livesMs?: number; note?: string } = {}) => {
    const madeBy = await addUser(world);
    const { livesMs = 60_000, note = 'for ada' } = fields;
    const made = {
      ...{ id: randomUUID(), codeHash: randomBytes(32), note, usesMax: 3 },
      ...{ madeById: madeBy.userId, expiresAtMs: Date.now() + livesMs },
    };
    await world.invitations.createInvitation(made, AN_ACT);
    return { ...made, madeBy: madeBy.handle };
  };

  describe(`${name}: an invitation`, () => {
    it('is found by the hash of its code while it stands', async () => {
      const made = await invite();
      const over = await invite({ livesMs: -1 });
      expect(await world.invitations.findInvitation(made.codeHash)).toEqual({ id: made.id });
      expect(await world.invitations.findInvitation(over.codeHash)).toBeNull();
      expect(await world.invitations.findInvitation(randomBytes(32))).toBeNull();
      expect(await world.invitations.invitationStands('no-uuid')).toBe(false);
      expect(await world.invitations.revokeInvitation(made.id, AN_ACT)).toBe(true);
      expect(await world.invitations.findInvitation(made.codeHash)).toBeNull();
      expect(await world.invitations.revokeInvitation(made.id, AN_ACT)).toBe(false);
      expect(await world.invitations.revokeInvitation('no-uuid', AN_ACT)).toBe(false);
    });

    it('is listed newest first, in pages, whatever became of it', async () => {
      const [first, second] = [await invite({ livesMs: -1 }), await invite({ note: 'b \0' })];
      await world.invitations.revokeInvitation(first.id, AN_ACT);
      const ids: string[] = [first.id, second.id];
      const seen: string[] = [];
      let before: { atMs: number; id: string } | null = null;
      for (let page = 0; page < 500 && seen.length < 2; page++) {
        const rows = await world.invitations.listInvitations(before, 1);
        const [row] = rows;
        if (!row) break;
        before = { atMs: row.createdAtMs, id: row.id };
        if (!ids.includes(row.id)) continue;
        seen.push(row.id);
        const made = row.id === first.id ? first : second;
        expect(row).toEqual({
          ...{ id: made.id, forHandle: null, madeBy: made.madeBy, uses: 0, usesMax: 3 },
          note: expect.stringMatching(row.id === first.id ? /^for ada$/ : /^b .$/),
          createdAtMs: expect.any(Number),
          ...{ expiresAtMs: made.expiresAtMs, revoked: row.id === first.id },
        });
      }
      expect(new Set(seen)).toEqual(new Set(ids));
    });
  });
}
