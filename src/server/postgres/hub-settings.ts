import type { AuditEntry } from '../ports/audit-log';
import { type HubSettings, type HubSettingsStore, hubSettingsShape } from '../ports/hub-settings';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableJson } from './storable';

/** What admins of the hub decide while it runs, in PostgreSQL. */
export class PostgresHubSettings implements HubSettingsStore {
  constructor(private readonly prisma: PrismaClient) {}

  async load(): Promise<HubSettings> {
    const rows = await asking(
      () => this.prisma.$queryRaw<{ name: string; value: unknown }[]>`
        SELECT name, value FROM hub_settings`,
    );
    return hubSettingsShape.parse(Object.fromEntries(rows.map(({ name, value }) => [name, value])));
  }

  async save(change: Partial<HubSettings>, audit: AuditEntry): Promise<void> {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const names = given.map(([name]) => name);
    const values = given.map(([, value]) => storableJson(value));
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO hub_settings (name, value)
        SELECT name, value::jsonb FROM unnest(${names}::text[], ${values}::text[]) AS s(name, value)
        ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value`,
    );
  }
}
