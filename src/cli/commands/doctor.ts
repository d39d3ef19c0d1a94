import { lstatSync } from 'node:fs';
import { ClientError } from '~/client/client-error';
import { getRefs, whoami } from '~/client/hub-api';
import { probeHub } from '~/client/hub-probe';
import { identityFile } from '~/client/identity';
import { Repository } from '~/client/repository';
import { readSigningKey, signingKeyFile } from '~/client/signing-key';
import type { Command, CommandContext } from '../command';
import { Diagnosis, type Finding, ok, skipped, type Told, warning } from '../diagnosis';
import { callerFor, chooseHub } from '../hub-access';
import { type ChosenRemote, chooseRemote, chooseRemoteAt } from '../remote-choice';
import { countText, shortId } from '../terminal-text';
import { VERSION } from '../version';

/** The oldest Node.js that this program is made for. */
const NODE_MIN = [20, 19] as const;
/** Files of the head that are looked for. */
const FILES_LOOKED_AT_MAX = 10_000;
const CLOCK_OFF_MS_MAX = 60_000;
const EXPIRES_SOON_DAYS = 7;

export const doctor: Command = {
  usage: ['doctor [REMOTE|URL]'],
  about:
    'Checks what pushing and fetching rest on, one after the other: this program, the folder here, its remote, the hub, its clock, your access token, the repository there, your signing key. Each that is not in order says what to do. Nothing is changed.',
  options: {},
  examples: [
    { line: 'doctor', does: 'for the folder here and its remote origin' },
    { line: 'doctor http://localhost:3000/ada/demo --json', does: 'for a script' },
  ],
  positionals: [0, 1],
  async run(context) {
    const diagnosis = new Diagnosis();
    await diagnosis.run('versions', checkVersions);
    const repository = await checkFolder(diagnosis, context);
    const remote = await checkRemote(diagnosis, context, repository);
    const hub = remote?.address.hub ?? chooseHub(context, null);
    const reached = await checkHub(diagnosis, context, hub);
    if (reached) {
      await diagnosis.run('token', () => checkToken(context, hub));
      await diagnosis.run('repository', () => checkThere(context, remote, repository));
    }
    await diagnosis.run('signing key', () => checkKey(context, hub));
    const { findings, failure } = diagnosis;
    return {
      lines: findings.flatMap(linesOf),
      json: {
        ok: failure === undefined,
        hub: hub.origin,
        checks: findings.map(({ check, state, message, fix }) => ({ check, state, message, fix })),
      },
      error: failure,
    };
  },
};

const WORDS = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: '-' } as const;

function linesOf({ check, state, message, fix }: Finding): string[] {
  const line = `${WORDS[state].padEnd(7)}  ${check.padEnd(11)}  ${message}`;
  return fix === undefined ? [line] : [line, `${' '.repeat(22)}fix: ${fix}`];
}

function checkVersions(): Told {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [least, lesser] = NODE_MIN;
  if (major < least || (major === least && minor < lesser)) {
    throw new ClientError('usage', `Node.js ${process.versions.node} is too old.`, {
      fix: `Install Node.js ${least}.${lesser} or newer.`,
    });
  }
  return ok(`musehub ${VERSION} on Node.js ${process.versions.node}`);
}

/** The repository of the folder here; null when there is none, which an address does without. */
async function checkFolder(
  diagnosis: Diagnosis,
  { cwd }: CommandContext,
): Promise<Repository | null> {
  let found: Repository | null = null;
  await diagnosis.run('folder', () => {
    try {
      found = Repository.find(cwd);
    } catch (error) {
      if (error instanceof ClientError && error.code === 'not-a-repository') {
        return skipped(`${cwd} is not in a Muse repository`);
      }
      throw error;
    }
    return checkHead(found);
  });
  return found;
}

/** The commit that HEAD is on, its snapshot and its files. */
function checkHead(repository: Repository): Told {
  repository.info();
  const { heads, skipped: odd } = repository.branches();
  const head = repository.head();
  const id = 'commit' in head ? head.commit : (heads.get(head.branch) ?? null);
  const where = 'branch' in head ? `on ${head.branch}` : 'on a commit';
  if (id === null) return ok(`${repository.root}, ${where}, without a commit yet`);
  const { manifest } = repository.snapshot(repository.commit(id).commit.snapshotId);
  const files = [...manifest].slice(0, FILES_LOOKED_AT_MAX);
  const missing = files.filter(([, object]) => !repository.hasObject(object));
  if (missing.length > 0) {
    throw new ClientError(
      'repository-damaged',
      `${countText(missing.length, 'file')} of the head ${shortId(id)} cannot be read, first ${missing[0]![0]}.`,
    );
  }
  const text = `${repository.root}, ${where} at ${shortId(id)}, ${countText(heads.size, 'branch')}`;
  if (odd.length === 0) return ok(text);
  const names = odd.map(({ name, reason }) => `${name} ${reason}`).join('; ');
  return warning(text, `Rename what is no branch: ${names}`);
}

async function checkRemote(
  diagnosis: Diagnosis,
  { args, cwd }: CommandContext,
  repository: Repository | null,
): Promise<ChosenRemote | null> {
  const [given] = args.positionals;
  if (repository === null && given === undefined) return null;
  let chosen: ChosenRemote | null = null;
  await diagnosis.run('remote', () => {
    const remotes = repository?.remotes() ?? [];
    if (given === undefined && remotes.length === 0) {
      return warning('there is no remote yet', 'Push to an address: musehub push URL --as origin');
    }
    chosen = repository ? chooseRemote(repository, given) : chooseRemoteAt(cwd, given);
    return ok(`${chosen.name ?? 'address'} ${chosen.address.url}`);
  });
  return chosen;
}

async function checkHub(
  diagnosis: Diagnosis,
  { client, signal }: CommandContext,
  hub: URL,
): Promise<boolean> {
  let aheadMs: number | null = null;
  const reached = await diagnosis.run('hub', async () => {
    const probed = await probeHub(hub, { client, signal, token: null });
    aheadMs = probed.aheadMs;
    if (probed.status === 200) return ok(`${hub.origin} serves, ${probed.tookMs} ms away`);
    if (probed.status === 503) {
      throw new ClientError('shutting-down', `${hub.origin} does not serve at the moment.`);
    }
    throw new ClientError('bad-response', `${hub.origin} does not answer as a hub does.`);
  });
  if (reached) await diagnosis.run('clock', () => checkClock(aheadMs));
  return reached;
}

function checkClock(aheadMs: number | null): Told {
  if (aheadMs === null) return skipped('the hub tells no time');
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= CLOCK_OFF_MS_MAX) return ok('agrees with the hub’s');
  return warning(
    `is ${countText(seconds, 'second')} ${aheadMs > 0 ? 'behind' : 'ahead of'} the hub’s`,
    'Set the clock of this machine: commits carry its time.',
  );
}

async function checkToken(context: CommandContext, hub: URL): Promise<Told> {
  const file = identityFile(context.home);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const open = process.platform !== 'win32' && stat && (stat.mode & 0o077) !== 0;
  if (open)
    throw new ClientError('bad-configuration', `Others can read ${file}.`, {
      fix: `Run: chmod 600 ${file}`,
    });
  const caller = callerFor(context, hub);
  if (caller.token === null) {
    return warning('you are not signed in', `Run: musehub login ${hub.origin}`);
  }
  let endsAt: Date | null = null;
  const onTokenExpiry = (at: Date): void => {
    endsAt = at;
  };
  const who = await whoami(hub, { ...caller, onTokenExpiry });
  const text = `${who.handle} (${who.kind}), scopes: ${who.scopes.join(' ')}`;
  if (endsAt === null) return ok(text);
  return warning(
    `${text}; it ends within ${EXPIRES_SOON_DAYS} days`,
    `Run: musehub login ${hub.origin}`,
  );
}

async function checkThere(
  context: CommandContext,
  remote: ChosenRemote | null,
  repository: Repository | null,
): Promise<Told> {
  if (remote === null) return skipped('no repository on the hub is meant');
  const { address } = remote;
  const refs = await getRefs(address, callerFor(context, address.hub));
  const text = `${address.owner}/${address.slug} has ${countText(refs.heads.size, 'branch')}`;
  const head = repository?.head();
  const branch = head && 'branch' in head ? head.branch : null;
  if (!repository || branch === null) return ok(text);
  const here = repository.branch(branch);
  const there = refs.heads.get(branch) ?? null;
  if (here === null || here === there) return ok(`${text}; ${branch} is the same there`);
  if (there === null) return ok(`${text}; ${branch} is not there yet`);
  const known = repository.hasCommit(there);
  return ok(
    `${text}; ${branch} is at ${shortId(there)}${known ? '' : ', which is not here: fetch'}`,
  );
}

function checkKey({ home }: CommandContext, hub: URL): Told {
  try {
    return ok(readSigningKey(signingKeyFile(home, hub)).keyId.slice(0, 16));
  } catch (error) {
    if (error instanceof ClientError && error.code === 'not-found') {
      return skipped('none; musehub key generate makes one');
    }
    throw error;
  }
}
