import { ERRORS, type ErrorCode, isErrorCode } from '~/wire/errors';

/** What can go wrong on this side of the wire; each has a sentence that says how to mend it. */
const LOCAL_FIXES = {
  usage: 'Run the command with --help.',
  'not-a-repository': 'Run this inside a Muse repository, or name one.',
  'repository-damaged': 'Restore the .muse folder from a backup, or clone it again.',
  'unknown-branch': 'Look at the branches there are: ls .muse/refs/heads',
  'unknown-remote': 'Name the address of the repository: http(s)://host/owner/slug',
  'folder-in-use': 'Choose a folder that does not exist yet or is empty.',
  'bad-git-repository': 'Check the folder with git itself: git -C FOLDER fsck',
  'not-found': 'Check the address.',
  'already-exists': 'Choose another name, or use the one that is there.',
  'bad-configuration': 'Mend or remove the file that is named.',
  'file-system': 'Check free space and permissions, then run the command again.',
  network: 'Check the address and the connection, then run the command again.',
  'bad-response': 'Check that the address is that of a hub and that it is up to date.',
  'damaged-stream': 'Nothing was changed here; run the command again.',
  interrupted: 'Run the command again; what was done is not done twice.',
} as const;

export type LocalErrorCode = keyof typeof LOCAL_FIXES;
export type ClientErrorCode = ErrorCode | LocalErrorCode;

/**
 * Something a command cannot go on from. Carries the hub's own code when the hub refused, else a
 * code of this side. Everything else that is thrown is a fault of this program.
 */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly detail: Record<string, unknown>;
  /** One sentence: what to do about it. */
  readonly fix: string;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { detail?: Record<string, unknown>; fix?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ClientError';
    this.code = code;
    this.detail = options.detail ?? {};
    this.fix = options.fix ?? fixFor(code);
  }

  /** Whether the same request may succeed later, unchanged. */
  get retryable(): boolean {
    if (isErrorCode(this.code)) return ERRORS[this.code].retryable;
    return this.code === 'network';
  }
}

/** A hub that asks for an access token, or for another one than this. */
export function notSignedIn({ origin }: URL, token: string | null): ClientError {
  const message =
    token === null
      ? `You are not signed in to ${origin}.`
      : `${origin} does not know the access token that it was sent.`;
  return new ClientError('unauthenticated', message, { fix: `Run: musehub login ${origin}` });
}

/** What to do about a refusal by the hub, where this program knows better than the hub does. */
const HUB_FIXES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Sign in with: musehub login HUB-URL',
  'token-expired': 'Make a new access token on the hub, then: musehub login HUB-URL',
  'token-revoked': 'Make a new access token on the hub, then: musehub login HUB-URL',
  'non-fast-forward': 'Fetch and merge first, or replace the branch with: musehub push --force',
};

/** The codes' sentences say what is wrong and, after a semicolon, what to do. */
function fixFor(code: ClientErrorCode): string {
  if (!isErrorCode(code)) return LOCAL_FIXES[code];
  const known = HUB_FIXES[code];
  if (known !== undefined) return known;
  const { sentence } = ERRORS[code];
  const fix = sentence.slice(sentence.lastIndexOf('; ') + 1).trim();
  return fix.charAt(0).toUpperCase() + fix.slice(1);
}

/** A sentence without its half that says what to do, for one that is followed by a fix. */
export function withoutFix(code: ClientErrorCode, message: string): string {
  if (!isErrorCode(code) || message !== ERRORS[code].sentence) return message;
  const end = message.lastIndexOf('; ');
  return end === -1 ? message : `${message.slice(0, end)}.`;
}

/** Throws `interrupted` once a command is to end. */
export function checkInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ClientError('interrupted', 'The command was interrupted.');
}

/** The errno code of a failed system call, such as `ENOENT`; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** Turns a failed system call on a file into a `file-system` error; passes others on. */
export function fileError(error: unknown, doing: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || error instanceof ClientError) return error;
  return new ClientError('file-system', `Could not ${doing}: ${(error as Error).message}`, {
    detail: { errno },
    cause: error,
  });
}
