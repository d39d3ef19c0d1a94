/**
 * The closed list of error codes of the hub (docs/protocol.md §5), with what every edge needs to
 * know about each. A new code does not compile until it has a row here; `docs/errors.md` and this
 * table are held to the same list by a test.
 */
interface ErrorFacts {
  /** HTTP status when the refusal is known before the reply stream has begun. */
  status: number;
  /** Whether the same request may succeed later, unchanged. */
  retryable: boolean;
  /** One sentence for a person: what happened and what to do. */
  sentence: string;
}

const fact = (status: number, retryable: boolean, sentence: string): ErrorFacts => ({
  status,
  retryable,
  sentence,
});

export const ERRORS = {
  unauthenticated: fact(
    401,
    false,
    'Sign in: send a valid access token as "Authorization: Bearer <token>".',
  ),
  'token-expired': fact(
    401,
    false,
    'This access token has expired; make a new one and sign in again.',
  ),
  'token-revoked': fact(
    401,
    false,
    'This access token was revoked; make a new one and sign in again.',
  ),
  'insufficient-scope': fact(
    403,
    false,
    'This access token does not carry the scope this needs; use one that does.',
  ),
  'access-denied': fact(
    403,
    false,
    'You may not do this here; ask an owner of the repository for access.',
  ),
  'repo-not-found': fact(
    404,
    false,
    'There is no such repository, or you may not see it; check the address and your sign-in.',
  ),
  'unsupported-media-type': fact(415, false, 'Send the media type that this route takes.'),
  'unsupported-version': fact(
    422,
    false,
    'This protocol version is not spoken here; update the client to version 2.',
  ),
  'bad-frame': fact(422, false, 'A frame is malformed; the client that wrote it needs mending.'),
  'frame-out-of-order': fact(
    422,
    false,
    'A frame came where the grammar does not allow it; the client that wrote it needs mending.',
  ),
  'truncated-stream': fact(
    422,
    true,
    'The stream stopped before END; nothing was changed, push again.',
  ),
  'count-mismatch': fact(
    422,
    false,
    'The counts that were declared and what was sent differ; push again.',
  ),
  'limit-exceeded': fact(
    413,
    false,
    'A limit of this hub was exceeded; split the push or ask the operator.',
  ),
  'unsupported-encoding': fact(
    422,
    false,
    'Objects may be encoded as raw, zlib or zstd; choose one of these.',
  ),
  'object-decode-failed': fact(
    422,
    false,
    'An object could not be decoded; its encoded bytes are damaged, push again.',
  ),
  'object-hash-mismatch': fact(
    422,
    false,
    'An object does not hash to its id; check the local store and push again.',
  ),
  'object-size-mismatch': fact(
    422,
    false,
    'An object is not as long as declared; check the local store and push again.',
  ),
  'object-refused': fact(
    422,
    false,
    'This repository refuses objects that are valid in two active formats at once; remove the file.',
  ),
  'object-missing': fact(
    422,
    false,
    'A snapshot names an object that was neither sent nor stored here; send it too.',
  ),
  'object-not-found': fact(404, false, 'There is no such object here; check its name or id.'),
  'snapshot-id-mismatch': fact(
    422,
    false,
    'A snapshot does not hash to its id; check the local store and push again.',
  ),
  'snapshot-missing': fact(
    422,
    false,
    'A snapshot that is named was neither sent nor stored here; send it too.',
  ),
  'bad-path': fact(422, false, 'A path is not allowed; rename the file.'),
  'commit-id-mismatch': fact(
    422,
    false,
    'A commit does not hash to its id; check the local store and push again.',
  ),
  'commit-record-conflict': fact(
    409,
    false,
    'A different record is stored under this commit id; a commit cannot be changed after it was pushed.',
  ),
  'bad-commit': fact(422, false, 'A commit record is not valid; check the client that wrote it.'),
  'parent-missing': fact(
    422,
    false,
    'A parent commit was neither sent nor stored here; send it too.',
  ),
  'commit-cycle': fact(422, false, 'The commits form a cycle; check the local store.'),
  'unreachable-commit': fact(
    422,
    false,
    'A commit was sent that the declared head does not reach; push its branch instead.',
  ),
  'head-missing': fact(
    422,
    false,
    'The declared head was neither sent nor stored here; send it too.',
  ),
  'id-format-mismatch': fact(
    422,
    false,
    'This repository uses the other id format (bare or sha256:); use one form throughout.',
  ),
  'bad-branch-name': fact(422, false, 'This is not a valid branch name; choose another.'),
  'branch-not-found': fact(404, false, 'There is no such branch here; check its name.'),
  'branch-protected': fact(
    403,
    false,
    'A rule protects this branch; ask an admin of the repository.',
  ),
  'non-fast-forward': fact(
    409,
    false,
    'The branch has commits that yours does not contain; fetch and merge first, or push with force.',
  ),
  'stale-head': fact(
    409,
    true,
    'The branch has moved since you looked; fetch, look again and push again.',
  ),
  'push-id-conflict': fact(
    409,
    false,
    'This push id was used for another branch or head; choose a new one.',
  ),
  'bad-tag': fact(422, false, 'This is not a valid tag; correct the field that is named.'),
  'tag-conflict': fact(
    409,
    false,
    'A tag of this id stands elsewhere already; tags do not move, make a new one.',
  ),
  'bad-release': fact(422, false, 'This is not a valid release; correct the field that is named.'),
  'release-conflict': fact(
    409,
    false,
    'There is a release of this tag or id already; delete it first, or choose another tag.',
  ),
  'signature-required': fact(
    422,
    false,
    'This repository takes signed commits only; sign the commit and push again.',
  ),
  'signature-invalid': fact(
    422,
    false,
    'A commit signature does not verify with a registered key; sign again or register the key.',
  ),
  'too-slow': fact(
    408,
    true,
    'The stream was too slow or too long; check the connection and push again.',
  ),
  'rate-limited': fact(429, true, 'Too many requests; wait and try again.'),
  'quota-exceeded': fact(
    413,
    false,
    'This repository is at its quota, or the push would bring it above; ask the operator for more.',
  ),
  'storage-unavailable': fact(
    503,
    true,
    'The object storage does not answer; nothing was changed, try again later.',
  ),
  'storage-full': fact(
    507,
    true,
    'The storage of this hub is full; nothing was changed, tell the operator.',
  ),
  'database-unavailable': fact(503, true, 'The database does not answer; try again later.'),
  'shutting-down': fact(
    503,
    true,
    'The hub is being restarted; nothing was changed, try again in a moment.',
  ),
  internal: fact(500, true, 'Something went wrong in the hub; it was logged, try again later.'),
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** What a refusal is about: the id, path, frame index, limit …; JSON values only. */
export type ErrorDetail = Record<string, unknown>;

/** The peer broke grammar, arithmetic or a rule: a value, never thrown (see docs/adding.md). */
export interface Violation {
  code: ErrorCode;
  /** One sentence that says what is wrong and what to do. */
  message: string;
  detail: ErrorDetail;
}

/** Makes a violation; the message defaults to the sentence of the code. */
export function violation(code: ErrorCode, detail: ErrorDetail = {}, message?: string): Violation {
  return { code, message: message ?? ERRORS[code].sentence, detail };
}

/**
 * Whether what a pure function returned is a violation and not its result. An ERROR frame, which
 * has a code too, is a result.
 */
export function isViolation(result: unknown): result is Violation {
  return (
    typeof result === 'object' &&
    result !== null &&
    'code' in result &&
    'detail' in result &&
    !('type' in result)
  );
}

/** Whether a text is a code of the list. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

const REFUSAL = Symbol.for('musehub.refusal');

/**
 * Well formed, and the answer is no. Thrown by services; every edge turns it into its own form.
 *
 * `Refusal.is` looks at a mark instead of the class: the bundler gives pages and route handlers
 * their own copies of this module, so `instanceof` does not hold across them.
 */
export class Refusal extends Error {
  readonly [REFUSAL] = true;
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail = {}, message?: string, options?: ErrorOptions) {
    super(message ?? ERRORS[code].sentence, options);
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
  }

  /** Turns a violation of a pure check into something a service can throw. */
  static from(v: Violation): Refusal {
    return new Refusal(v.code, v.detail, v.message);
  }

  static is(error: unknown): error is Refusal {
    return typeof error === 'object' && error !== null && REFUSAL in error;
  }
}
