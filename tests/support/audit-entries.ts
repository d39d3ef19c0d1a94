import type { CredentialUse } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import { hubEntry } from '~/server/services/audit-entry';

/** From where the requests of tests come. */
export const TEST_USE: CredentialUse = { address: '192.0.2.1', client: 'test/1' };

/** An entry for an act whose note does not matter to the test. */
export const AN_ACT: AuditEntry = hubEntry({
  action: 'hub.settings',
  subject: { kind: 'hub', id: null, name: 'test' },
});
