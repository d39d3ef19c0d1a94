import type { AccountStore } from '~/server/ports/account-store';
import type { Clock } from '~/server/ports/clock';
import type { HubSettingsStore } from '~/server/ports/hub-settings';
import type { InvitationCodes, InvitationStore } from '~/server/ports/invitation-store';
import type { LinkedLoginStore } from '~/server/ports/linked-login-store';
import type { PasswordHasher } from '~/server/ports/password-hasher';
import type { PasswordStore } from '~/server/ports/password-store';
import type { ActDeps } from './audit-entry';

/** What the services around accounts need of the world; each takes what it uses. */
export interface AccountDeps extends ActDeps {
  accounts: AccountStore;
  passwords: PasswordStore;
  hasher: PasswordHasher;
  logins: LinkedLoginStore;
  invitations: InvitationStore;
  invitationCodes: InvitationCodes;
  hubSettings: HubSettingsStore;
  clock: Pick<Clock, 'now' | 'uuid'>;
}

/** An account as the subject of an act. */
export const ofAccount = ({ id, handle }: { id: string; handle: string }) => ({
  subject: { kind: 'account' as const, id, name: handle },
});
