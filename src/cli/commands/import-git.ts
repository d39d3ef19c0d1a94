import path from 'node:path';
import { ClientError } from '~/client/client-error';
import { type ImportReport, importGit } from '~/client/git-import';
import { Repository } from '~/client/repository';
import { type CheckoutReport, checkout } from '~/client/work-tree';
import type { Command, CommandContext } from '../command';
import { bytesText, countText, numberText, shortId } from '../terminal-text';
import { noteFiles } from './clone';

export const importGitCommand: Command = {
  usage: ['import-git FOLDER [--into FOLDER] [--checkout]'],
  about:
    'Makes a Muse repository of a git repository: every branch and merge, authors, times and messages. The git repository is only read. The same history always gets the same ids; importing again into the same folder adds what is new. What a Muse repository cannot hold (symbolic links, submodules, tags, names that are not UTF-8) is left out and told.',
  options: {
    into: {
      type: 'string',
      value: 'FOLDER',
      summary: 'where the Muse repository is made (default: NAME-muse here)',
    },
    checkout: { type: 'boolean', summary: 'write the files of the default branch there too' },
  },
  examples: [
    { line: 'import-git ~/src/project', does: 'into the new folder project-muse' },
    { line: 'import-git . --into .', does: 'beside the .git folder of the project here' },
  ],
  positionals: [1, 1],
  async run(context) {
    const { args } = context;
    const gitFolder = path.resolve(context.cwd, args.positionals[0]!);
    const into = path.resolve(context.cwd, args.text('into') ?? `${nameOf(gitFolder)}-muse`);
    const progress = context.report.progress();
    const report = await importGit({
      gitFolder,
      into,
      signal: context.signal,
      onProgress: ({ commits, commitsTotal, bytes }) =>
        progress.update({
          phase: 'importing',
          done: commits,
          total: commitsTotal,
          noun: 'commit',
          bytes,
          bytesTotal: 0,
        }),
    });
    const files = args.flag('checkout') ? await writeFiles(context, report) : null;
    return { lines: linesOf(report), json: { ...jsonOf(report), files: files?.files ?? 0 } };
  },
};

function nameOf(folder: string): string {
  const name =
    path.basename(folder) === '.git' ? path.basename(path.dirname(folder)) : path.basename(folder);
  return name.replace(/\.git$/, '') || 'repository';
}

async function writeFiles(context: CommandContext, report: ImportReport): Promise<CheckoutReport> {
  const repository = Repository.open(report.root);
  const head = repository.branch(report.defaultBranch);
  if (head === null)
    throw new ClientError('unknown-branch', `There is no branch ${report.defaultBranch}.`);
  const { manifest } = repository.snapshot(repository.commit(head).commit.snapshotId);
  const files = await checkout(repository, manifest, { signal: context.signal });
  noteFiles(context, files);
  return files;
}

const LINES_MAX = 20;

function linesOf(report: ImportReport): string[] {
  const lines = [
    `Imported into ${report.root}`,
    `  ${countText(report.commitsNew, 'new commit')} of ${numberText(report.commitsTotal)}, ${countText(report.objectsNew, 'new object')}, ${bytesText(report.bytesNew)}`,
  ];
  for (const { name, head, state } of report.branches) {
    const note = state === 'left' ? 'has moved here since the last import and was left' : state;
    lines.push(`  ${name}: ${note} ${shortId(head)}`);
  }
  const list = (items: string[], title: string): void => {
    if (items.length === 0) return;
    lines.push(title);
    for (const item of items.slice(0, LINES_MAX)) lines.push(`  ${item}`);
    if (items.length > LINES_MAX) lines.push(`  and ${items.length - LINES_MAX} more (see --json)`);
  };
  list(report.notes, 'Not kept as it was:');
  list(
    report.skippedBranches.map(({ name, reason }) => `the branch ${name} ${reason}`),
    'Branches left out:',
  );
  list(
    report.skippedFiles.map(({ path: name, reason }) => `${name} ${reason}`),
    'Files left out:',
  );
  if (report.executables.length > 0) {
    lines.push(
      `${countText(report.executables.length, 'executable file')}: the content is kept, the mode is not`,
    );
  }
  if (report.tags.length > 0) lines.push(`${countText(report.tags.length, 'tag')} left out`);
  return lines;
}

function jsonOf(report: ImportReport): Record<string, unknown> {
  return {
    folder: report.root,
    default_branch: report.defaultBranch,
    branches: report.branches,
    commits_new: report.commitsNew,
    commits_total: report.commitsTotal,
    snapshots_new: report.snapshotsNew,
    objects_new: report.objectsNew,
    bytes_new: report.bytesNew,
    skipped_files: report.skippedFiles,
    skipped_branches: report.skippedBranches,
    executables: report.executables,
    tags: report.tags,
    notes: report.notes,
  };
}
