import type { inferRouterOutputs } from '@trpc/server';
import { accountRouter } from './routers/account';
import { adminRouter } from './routers/admin';
import { agentRouter } from './routers/agent';
import { branchRouter } from './routers/branch';
import { commitRouter } from './routers/commit';
import { compareRouter } from './routers/compare';
import { deviceRouter } from './routers/device';
import { joinRouter } from './routers/join';
import { keyRouter } from './routers/key';
import { pushRouter } from './routers/push';
import { releaseRouter } from './routers/release';
import { repoRouter } from './routers/repo';
import { searchRouter } from './routers/search';
import { sessionRouter } from './routers/session';
import { settingsRouter } from './routers/settings';
import { tagRouter } from './routers/tag';
import { tokenRouter } from './routers/token';
import { treeRouter } from './routers/tree';
import { createCallerFactory, createRouter } from './trpc';

export const appRouter = createRouter({
  account: accountRouter,
  admin: adminRouter,
  agent: agentRouter,
  join: joinRouter,
  repo: repoRouter,
  branch: branchRouter,
  tree: treeRouter,
  commit: commitRouter,
  compare: compareRouter,
  push: pushRouter,
  search: searchRouter,
  session: sessionRouter,
  device: deviceRouter,
  key: keyRouter,
  settings: settingsRouter,
  release: releaseRouter,
  tag: tagRouter,
  token: tokenRouter,
});

export type AppRouter = typeof appRouter;

/** Calls procedures in this process, for server components. */
export const createCaller = createCallerFactory(appRouter);

/** What procedures answer, for the parts of pages that show it. */
export type Answers = inferRouterOutputs<AppRouter>;
