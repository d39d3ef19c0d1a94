import type { ClientErrorCode } from '~/client/client-error';

/** What a script can tell from the status of a command. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  internal: 3,
  notFound: 4,
  network: 5,
  auth: 6,
  conflict: 7,
  limit: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every code has its exit code here; those that are not named are refusals by the hub. */
const EXIT_OF: Partial<Record<ClientErrorCode, ExitCode>> = {
  unauthenticated: EXIT.auth,
  'token-expired': EXIT.auth,
  'token-revoked': EXIT.auth,
  'insufficient-scope': EXIT.auth,
  'access-denied': EXIT.auth,
  'repo-not-found': EXIT.notFound,
  'branch-not-found': EXIT.notFound,
  'object-not-found': EXIT.notFound,
  'not-found': EXIT.notFound,
  'non-fast-forward': EXIT.conflict,
  'stale-head': EXIT.conflict,
  'commit-record-conflict': EXIT.conflict,
  'push-id-conflict': EXIT.conflict,
  'tag-conflict': EXIT.conflict,
  'release-conflict': EXIT.conflict,
  'already-exists': EXIT.conflict,
  'limit-exceeded': EXIT.limit,
  'quota-exceeded': EXIT.limit,
  'rate-limited': EXIT.limit,
  'storage-full': EXIT.limit,
  network: EXIT.network,
  'too-slow': EXIT.network,
  'truncated-stream': EXIT.network,
  'storage-unavailable': EXIT.network,
  'database-unavailable': EXIT.network,
  'shutting-down': EXIT.network,
  internal: EXIT.internal,
  'bad-response': EXIT.internal,
  'damaged-stream': EXIT.internal,
  usage: EXIT.usage,
  'not-a-repository': EXIT.usage,
  'repository-damaged': EXIT.usage,
  'unknown-branch': EXIT.usage,
  'unknown-remote': EXIT.usage,
  'folder-in-use': EXIT.usage,
  'bad-git-repository': EXIT.usage,
  'bad-configuration': EXIT.usage,
  'file-system': EXIT.usage,
  interrupted: EXIT.interrupted,
};

export function exitCodeOf(code: ClientErrorCode): ExitCode {
  return EXIT_OF[code] ?? EXIT.refused;
}
