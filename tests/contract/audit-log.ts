import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditAction, AuditEntry, AuditQuery } from '~/server/ports/audit-log';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

const EVERYTHING: AuditQuery = {
  ...{ actor: null, action: null, repository: null, fromMs: null, untilMs: null },
  ...{ before: null, limit: 100 },
};

/** What the log of acts promises those who read it. */
export function describeAuditLog(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const act = (fields: Partial<AuditEntry> = {}): AuditEntry => ({
    ...{ action: 'token.revoke', actorId: null, actorName: '', tokenId: null, sessionId: null },
    ...{ subject: { kind: 'token', id: randomUUID(), name: 'laptop' }, repoId: null },
    ...{ address: '192.0.2.1', client: 'test/1', reason: '', detail: {} },
    ...fields,
  });
  const ids = async (query: Partial<AuditQuery>) =>
    (await world.audit.list({ ...EVERYTHING, ...query })).map(({ subject }) => subject.id);

  describe(`${name}: the log of acts`, () => {
    it('tells who did what to what, from where, with which token, and why', async () => {
      const user = await withToken(world, await addUser(world, { kind: 'agent' }), { name: 'ci' });
      const repoId = await addRepository(world, user);
      const entry = act({
        ...{ actorId: user.userId, actorName: user.handle, tokenId: user.token.id, repoId },
        ...{ sessionId: randomUUID(), reason: 'was leaked', detail: { scopes: ['read'], n: 1 } },
      });
      await world.audit.append(entry);
      const [row] = await world.audit.list({ ...EVERYTHING, actor: user.handle.toUpperCase() });
      expect(row).toEqual({
        ...entry,
        ...{ id: expect.stringMatching(/^\d+$/), atMs: expect.any(Number), actorKind: 'agent' },
        ...{
          tokenName: 'ci',
          repository: { owner: user.handle, slug: `repo-${repoId.slice(0, 8)}` },
        },
      });
      expect(Math.abs(row!.atMs - Date.now())).toBeLessThan(60_000);
    });

    it('is read newest first, page by page, without a gap or a double', async () => {
      const { userId, handle } = await addUser(world);
      const subjects = ['a', 'b', 'c', 'd', 'e'];
      for (const id of subjects) {
        await world.audit.append(
          act({ actorId: userId, subject: { kind: 'token', id, name: '' } }),
        );
      }
      const seen: (string | null)[] = [];
      let before: AuditQuery['before'] = null;
      for (;;) {
        const rows = await world.audit.list({ ...EVERYTHING, actor: handle, before, limit: 2 });
        seen.push(...rows.map(({ subject }) => subject.id));
        const last = rows.at(-1);
        if (!last) break;
        before = { atMs: last.atMs, id: last.id };
      }
      expect(seen).toEqual([...subjects].reverse());
    });

    it('is asked by actor, action, repository and time', async () => {
      const owner = await addUser(world);
      const repoId = await addRepository(world, owner);
      const note = async (id: string, action: AuditAction, fields: Partial<AuditEntry> = {}) => {
        const subject = { kind: 'repository' as const, id, name: '' };
        await world.audit.append(act({ action, subject, ...fields }));
        return id;
      };
      const by = { actorId: owner.userId };
      const one = await note(randomUUID(), 'repository.update', { ...by, repoId });
      const two = await note(randomUUID(), 'repository.delete', { repoId });
      const three = await note(randomUUID(), 'repository.update', by);
      const actor = owner.handle;
      expect(await ids({ actor })).toEqual([three, one]);
      expect(await ids({ actor, action: 'repository.delete' })).toEqual([]);
      expect(await ids({ actor: 'nobody-of-this-name' })).toEqual([]);
      const repository = { owner: actor, slug: `REPO-${repoId.slice(0, 8)}` };
      expect(await ids({ repository })).toEqual([two, one]);
      expect(await ids({ repository, action: 'repository.delete' })).toEqual([two]);
      await world.setRepository(repoId, { deleted: true });
      expect(await ids({ repository })).toEqual([two, one]);
      const [row] = await world.audit.list({ ...EVERYTHING, repository });
      expect(row?.repository).toBeNull();
      const now = Date.now();
      expect(await ids({ actor, fromMs: now - 60_000, untilMs: now + 60_000 })).toHaveLength(2);
      expect(await ids({ actor, fromMs: now + 60_000 })).toEqual([]);
      expect(await ids({ actor, untilMs: now - 60_000 })).toEqual([]);
    });

    it('has each change of the stores once, and nothing where nothing changed', async () => {
      const user = await withToken(world, await addUser(world));
      const repoId = await addRepository(world, user);
      const [reader, sessionId] = [await addUser(world), randomUUID()];
      const session = { tokenId: null, userAgent: '', address: '', expiresAtMs: Date.now() + 9e6 };
      const pattern = { allowForce: true, allowDelete: true, requireSigned: false };
      const rule = { pattern: 'main', pushRole: 'write' as const, ...pattern };
      const { identity, tokens, sessions, settings } = world;
      const { userId } = user;
      const changes: ((audit: AuditEntry) => Promise<unknown>)[] = [
        (audit) => identity.createSession({ id: sessionId, userId, ...session }, audit),
        (audit) => sessions.revokeOtherSessions(userId, null, audit),
        (audit) => sessions.revokeOtherSessions(userId, null, audit),
        (audit) => sessions.revokeOwnSession(userId, sessionId, audit),
        (audit) => identity.revokeSession(sessionId, audit),
        (audit) => settings.updateRepository(repoId, { description: 'x' }, audit),
        (audit) => settings.updateRepository(repoId, { defaultBranch: 'none' }, audit),
        (audit) => settings.putCollaborator(repoId, reader.userId, 'read', audit),
        (audit) => settings.removeCollaborator(repoId, reader.userId, audit),
        (audit) => settings.removeCollaborator(repoId, reader.userId, audit),
        (audit) => settings.putRule(repoId, rule, audit),
        (audit) => settings.removeRule(repoId, 'main', audit),
        (audit) => settings.removeRule(repoId, 'main', audit),
        (audit) => settings.deleteRepository(repoId, audit),
        (audit) => settings.deleteRepository(repoId, audit),
        (audit) => tokens.revokeOwnToken(userId, user.token.id, audit),
        (audit) => tokens.revokeOwnToken(userId, user.token.id, audit),
        (audit) => identity.revokeToken(user.token.id, audit),
      ];
      for (const [n, change] of changes.entries()) {
        await change(act({ actorId: reader.userId, detail: { n } }));
      }
      const rows = await world.audit.list({ ...EVERYTHING, actor: reader.handle });
      expect(rows.map(({ detail }) => detail.n).reverse()).toEqual([0, 1, 5, 7, 8, 10, 11, 13, 15]);
    });

    it('holds text from anywhere', async () => {
      const { userId, handle } = await addUser(world);
      const reason = 'a\u0000b \u202e <script> 🦊';
      await world.audit.append(act({ actorId: userId, reason, detail: { name: reason } }));
      const [row] = await world.audit.list({ ...EVERYTHING, actor: handle });
      expect(row?.reason).toContain('<script> 🦊');
    });
  });

  describe(`${name}: the settings of the hub`, () => {
    it('have defaults, change where they are named, and are noted', async () => {
      const admin = await addUser(world, { role: 'admin' });
      expect(await world.hubSettings.load()).toMatchObject({ tokenDaysMax: null });
      const by = { actorId: admin.userId, reason: 'policy' };
      const subject = { kind: 'hub' as const, id: null, name: 'settings' };
      const entry = act({ action: 'hub.settings', subject, ...by });
      await world.hubSettings.save({ tokenDaysMax: 30 }, entry);
      expect(await world.hubSettings.load()).toMatchObject({ tokenDaysMax: 30 });
      await world.hubSettings.save({}, entry);
      await world.hubSettings.save({ tokenDaysMax: null }, entry);
      expect(await world.hubSettings.load()).toMatchObject({ tokenDaysMax: null });
      const rows = await world.audit.list({ ...EVERYTHING, actor: admin.handle });
      expect(rows.map(({ reason }) => reason)).toEqual(['policy', 'policy']);
    });
  });
}
