import { createRouter } from '../trpc';
import { adminAuditRouter } from './admin-audit';
import { adminHubRouter } from './admin-hub';
import { adminJobsRouter } from './admin-jobs';
import { adminPushesRouter } from './admin-pushes';
import { adminRepositoriesRouter } from './admin-repositories';
import { adminTokensRouter } from './admin-tokens';
import { adminUsersRouter } from './admin-users';

/** What admins of the hub look after; every procedure is a `hubAdminProcedure`. */
export const adminRouter = createRouter({
  audit: adminAuditRouter,
  hub: adminHubRouter,
  jobs: adminJobsRouter,
  pushes: adminPushesRouter,
  repositories: adminRepositoriesRouter,
  tokens: adminTokensRouter,
  users: adminUsersRouter,
});
