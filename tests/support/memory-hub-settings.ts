import type { AuditEntry } from '~/server/ports/audit-log';
import {
  type HubSettings,
  type HubSettingsStore,
  hubSettingsShape,
} from '~/server/ports/hub-settings';
import type { MemoryHub } from './memory-hub';

/** What admins of the hub decide while it runs, in memory. */
export class MemoryHubSettings implements HubSettingsStore {
  constructor(readonly hub: MemoryHub) {}

  async load(): Promise<HubSettings> {
    return hubSettingsShape.parse({ ...this.hub.settings });
  }

  async save(change: Partial<HubSettings>, audit: AuditEntry): Promise<void> {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    if (given.length === 0) return;
    Object.assign(this.hub.settings, Object.fromEntries(given));
    this.hub.note(audit);
  }
}
