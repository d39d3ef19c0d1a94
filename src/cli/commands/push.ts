import { ClientError } from '~/client/client-error';
import { type PushOptions, push } from '~/client/push';
import { Repository } from '~/client/repository';
import { checkRemoteName } from '~/client/repository-config';
import type { PushProgress } from '~/client/send-push';
import { readSigningKey, type SigningKey, signingKeyFile } from '~/client/signing-key';
import { checkBranchName } from '~/muse/branch-name';
import type { ResultFrame } from '~/wire/frames';
import type { Command, CommandContext, Outcome } from '../command';
import { callerFor, warnIfOpen } from '../hub-access';
import type { ProgressState } from '../progress-line';
import { type ChosenRemote, chooseRemote } from '../remote-choice';
import { bytesText, countText, shortId } from '../terminal-text';

export const pushCommand: Command = {
  usage: [
    'push [REMOTE|URL] [BRANCH…] [--force] [--as NAME]',
    'push [REMOTE|URL] --all',
    'push [REMOTE|URL] --delete BRANCH',
  ],
  about:
    'Brings branches of the repository here to a hub: the one that HEAD is on, those named, or all. LOCAL:REMOTE pushes a branch under another name. Only what the hub does not have is sent; when the connection breaks, the push is taken up again and never done twice. A signature lies outside of a commit’s id: --sign changes no id, and leaves alone what the hub has already.',
  options: {
    all: { type: 'boolean', summary: 'push every branch' },
    force: {
      type: 'boolean',
      short: 'f',
      summary: 'replace the head that the branch has on the hub now',
    },
    delete: {
      type: 'string',
      value: 'BRANCH',
      multiple: true,
      summary: 'delete a branch on the hub',
    },
    as: { type: 'string', value: 'NAME', summary: 'keep the address as a remote of this name' },
    sign: { type: 'boolean', summary: 'sign the commits that are new to the hub and unsigned' },
    key: {
      type: 'string',
      value: 'FILE',
      summary: 'sign with this key, not with that of the hub in ~/.muse/keys',
    },
  },
  examples: [
    { line: 'push', does: 'the current branch to the remote origin' },
    {
      line: 'push http://localhost:3000/ada/demo main --as origin',
      does: 'to an address, which is kept',
    },
    { line: 'push origin --all', does: 'every branch' },
    { line: 'push --sign', does: 'with your signature, see: musehub key generate --help' },
    { line: 'push origin --delete old/idea', does: 'removes a branch from the hub' },
  ],
  positionals: [0, 1000],
  async run(context) {
    const { args } = context;
    const repository = Repository.find(context.cwd);
    const remote = await keepAs(
      repository,
      chooseRemote(repository, args.positionals[0]),
      args.text('as'),
    );
    const jobs = chooseJobs(context, repository);
    warnIfOpen(context, remote.address.hub);
    const caller = callerFor(context, remote.address.hub);
    const signing = chooseKey(context, remote.address.hub);
    const progress = context.report.progress();
    const done: { job: Job; result?: ResultFrame; error?: ClientError }[] = [];
    for (const job of jobs) {
      const options: PushOptions = {
        ...job,
        force: args.flag('force'),
        remoteName: remote.name,
        signing,
        onSigned: (commits) => context.report.note(`signed ${countText(commits, 'commit')}`),
        onProgress: (state) => progress.update(progressOf(state)),
        onRetry: (error, waitMs) =>
          context.report.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
      };
      try {
        done.push({ job, result: await push(repository, remote.address, caller, options) });
      } catch (error) {
        // With several branches one that is refused does not keep back the others.
        if (!(error instanceof ClientError) || jobs.length === 1 || error.code === 'interrupted')
          throw error;
        done.push({ job, error });
      }
    }
    return outcomeOf(remote, done);
  },
};

/** The key to sign with; null when nothing is to be signed. */
function chooseKey({ args, home }: CommandContext, hub: URL): SigningKey | null {
  const file = args.text('key');
  if (!args.flag('sign') && file === null) return null;
  return readSigningKey(file ?? signingKeyFile(home, hub));
}

type Job = Pick<PushOptions, 'localBranch' | 'remoteBranch'>;

async function keepAs(
  repository: Repository,
  remote: ChosenRemote,
  name: string | null,
): Promise<ChosenRemote> {
  if (name === null) return remote;
  const reason = checkRemoteName(name);
  if (reason !== null) throw new ClientError('usage', `The name of a remote ${reason}.`);
  await repository.setRemote({ name, url: remote.address.url });
  return { ...remote, name };
}

function chooseJobs(context: CommandContext, repository: Repository): Job[] {
  const { args } = context;
  const named = args.positionals.slice(1);
  const deleted = args.texts('delete');
  if (args.flag('all') && (named.length > 0 || deleted.length > 0)) {
    throw new ClientError('usage', 'With --all no branch is named.', {
      fix: 'Leave out one of both.',
    });
  }
  const jobs: Job[] = named.map(parseJob);
  for (const branch of deleted) jobs.push({ localBranch: null, remoteBranch: checked(branch) });
  if (jobs.length > 0) return jobs;
  const head = repository.head();
  const current = 'branch' in head ? head.branch : null;
  if (!args.flag('all')) {
    if (current !== null) return [{ localBranch: current, remoteBranch: current }];
    throw new ClientError('unknown-branch', 'HEAD is on a commit, not on a branch.', {
      fix: 'Name the branch to push.',
    });
  }
  const { heads, skipped } = repository.branches();
  for (const { name, reason } of skipped)
    context.report.note(`skipped: the branch ${name} ${reason}`);
  // The first branch that a repository gets becomes its default.
  const branches = [...heads.keys()].sort((a, b) => Number(b === current) - Number(a === current));
  if (branches.length === 0)
    throw new ClientError('unknown-branch', 'There is no branch with a commit here.');
  return branches.map((branch) => ({ localBranch: branch, remoteBranch: branch }));
}

function parseJob(text: string): Job {
  const colon = text.indexOf(':');
  const local = colon === -1 ? text : text.slice(0, colon);
  const remote = colon === -1 ? text : text.slice(colon + 1);
  return { localBranch: checked(local), remoteBranch: checked(remote) };
}

function checked(branch: string): string {
  const reason = checkBranchName(branch);
  if (reason === null) return branch;
  throw new ClientError('bad-branch-name', `The branch name ${JSON.stringify(branch)} ${reason}.`);
}

function progressOf(state: PushProgress): ProgressState {
  const planning = state.phase === 'planning';
  return {
    phase: state.phase,
    done: planning ? state.commits : state.objects,
    total: planning ? state.commitsTotal : state.objectsTotal,
    noun: planning ? 'commit' : 'object',
    bytes: state.bytes,
    bytesTotal: state.bytesTotal,
  };
}

function outcomeOf(
  remote: ChosenRemote,
  done: { job: Job; result?: ResultFrame; error?: ClientError }[],
): Outcome {
  const lines = [`To ${remote.address.url}`];
  const pushes: Record<string, unknown>[] = [];
  for (const { job, result, error } of done) {
    if (result !== undefined) {
      lines.push(...resultLines(result));
      pushes.push(resultJson(result));
    } else if (error !== undefined) {
      lines.push(`  ${job.remoteBranch}: refused (${error.code})`);
      const { code, message, fix, detail } = error;
      pushes.push({ branch: job.remoteBranch, error: { code, message, fix, detail } });
    }
  }
  const failed = done.find(({ error }) => error !== undefined);
  const json = { remote: remote.address.url, pushes };
  return failed === undefined ? { lines, json } : { lines, json, error: failed.error };
}

function resultLines(result: ResultFrame): string[] {
  const { branch, kind, oldHead, newHead } = result;
  if (kind === 'noop') return [`  ${branch}: up to date at ${shortId(newHead)}`];
  const heads = kind === 'create' ? shortId(newHead) : `${shortId(oldHead)} → ${shortId(newHead)}`;
  const sizes = [
    countText(result.commitsNew, 'new commit'),
    countText(result.objectsNew, 'new object'),
    `${bytesText(result.bytesReceived)} sent`,
    `${(result.durationMs / 1000).toFixed(1)} s`,
  ];
  const lines = [`  ${branch}: ${kind} ${heads}`];
  if (kind !== 'delete') lines.push(`  ${sizes.join(', ')}`);
  if (result.url !== '') lines.push(`  ${result.url}`);
  for (const warning of result.warnings)
    lines.push(`  warning[${warning.code}]: ${warning.message}`);
  return lines;
}

function resultJson(result: ResultFrame): Record<string, unknown> {
  return {
    branch: result.branch,
    kind: result.kind,
    old_head: result.oldHead,
    new_head: result.newHead,
    push_id: result.pushId,
    seq: result.seq,
    commits_new: result.commitsNew,
    snapshots_new: result.snapshotsNew,
    objects_new: result.objectsNew,
    objects_reused: result.objectsReused,
    bytes_received: result.bytesReceived,
    bytes_stored: result.bytesStored,
    duration_ms: result.durationMs,
    url: result.url,
    warnings: result.warnings,
    replayed: result.replayed ?? false,
  };
}
