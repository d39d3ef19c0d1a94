import { describeApplyPush } from '~tests/contract/apply-push';
import { describeAuditLog } from '~tests/contract/audit-log';
import { describeFetchStore } from '~tests/contract/fetch-store';
import { describeIdentityStore } from '~tests/contract/identity-store';
import { describePushStore } from '~tests/contract/push-store';
import { describeSessionStore } from '~tests/contract/session-store';
import { describeSettingsStore } from '~tests/contract/settings-store';
import { describeTokenStore } from '~tests/contract/token-store';
import { memoryWorld } from '~tests/support/memory-world';

describePushStore('memory', memoryWorld);
describeApplyPush('memory', memoryWorld);
describeFetchStore('memory', memoryWorld);
describeIdentityStore('memory', memoryWorld);
describeTokenStore('memory', memoryWorld);
describeSettingsStore('memory', memoryWorld);
describeSessionStore('memory', memoryWorld);
describeAuditLog('memory', memoryWorld);
