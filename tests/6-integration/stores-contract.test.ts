import { afterAll, beforeAll } from 'vitest';
import { PostgresRateStore } from '~/server/postgres/rate-store';
import { describeAccountStore } from '~tests/contract/account-store';
import { describeApplyPush } from '~tests/contract/apply-push';
import { describeAuditLog } from '~tests/contract/audit-log';
import { describeDeviceStore } from '~tests/contract/device-store';
import { describeFetchStore } from '~tests/contract/fetch-store';
import { describeHistoryStore } from '~tests/contract/history-store';
import { describeIdentityStore } from '~tests/contract/identity-store';
import { describeInvitationStore } from '~tests/contract/invitation-store';
import { describeKeyStore } from '~tests/contract/key-store';
import { describePasswordStore } from '~tests/contract/password-store';
import { describePushStore } from '~tests/contract/push-store';
import { describeRateStore } from '~tests/contract/rate-store';
import { describeReleaseStore } from '~tests/contract/release-store';
import { describeSessionStore } from '~tests/contract/session-store';
import { describeSettingsStore } from '~tests/contract/settings-store';
import { describeTagStore } from '~tests/contract/tag-store';
import { describeTokenStore } from '~tests/contract/token-store';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { postgresWorld } from '~tests/support/postgres-world';

let database: TestDatabase;
const makeWorld = () => postgresWorld(database.prisma);

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.drop());

describePushStore('PostgreSQL', makeWorld);
describeApplyPush('PostgreSQL', makeWorld);
describeFetchStore('PostgreSQL', makeWorld);
describeIdentityStore('PostgreSQL', makeWorld);
describeHistoryStore('PostgreSQL', makeWorld);
describeTokenStore('PostgreSQL', makeWorld);
describeTagStore('PostgreSQL', makeWorld);
describeReleaseStore('PostgreSQL', makeWorld);
describeSettingsStore('PostgreSQL', makeWorld);
describeSessionStore('PostgreSQL', makeWorld);
describeAuditLog('PostgreSQL', makeWorld);
describeDeviceStore('PostgreSQL', makeWorld);
describeAccountStore('PostgreSQL', makeWorld);
describePasswordStore('PostgreSQL', makeWorld);
describeInvitationStore('PostgreSQL', makeWorld);
describeKeyStore('PostgreSQL', makeWorld);
describeRateStore('PostgreSQL', () => new PostgresRateStore(database.prisma));
