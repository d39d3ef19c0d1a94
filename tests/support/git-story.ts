import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** One commit of a git repository made for a test. */
export interface GitCommit {
  message: string;
  /** Written before the commit; null removes. */
  files?: Record<string, string | Buffer | null>;
  author?: string;
  /** Seconds since the epoch. */
  at?: number;
  /** The branch the commit is made on, made from where one is when it is new. */
  branch?: string;
  /** Merges this branch instead of changing files. */
  merge?: string;
}

const FIRST_AT = Date.parse('2026-04-16T12:00:00Z') / 1000;

/** Makes a git repository with these commits, one minute apart where no time is given. */
export function makeGitRepository(folder: string, commits: GitCommit[]): void {
  fs.mkdirSync(folder, { recursive: true });
  const git = (args: string[], env: Record<string, string> = {}) =>
    execFileSync('git', args, {
      cwd: folder,
      env: { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  git(['init', '-q', '-b', 'main']);
  const branches = new Set(['main']);
  for (const [n, commit] of commits.entries()) {
    const branch = commit.branch ?? 'main';
    if (n > 0) git(['checkout', '-q', ...(branches.has(branch) ? [branch] : ['-b', branch])]);
    branches.add(branch);
    for (const [name, content] of Object.entries(commit.files ?? {})) {
      const file = path.join(folder, name);
      if (content === null) fs.rmSync(file);
      else {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
      }
    }
    const author = commit.author ?? 'ada';
    const date = `${commit.at ?? FIRST_AT + n * 60} +0000`;
    const env = {
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      GIT_COMMITTER_DATE: date,
    };
    if (commit.merge) git(['merge', '-q', '--no-ff', '-m', commit.message, commit.merge], env);
    else {
      git(['add', '-A']);
      git(['commit', '-q', '--allow-empty', '-m', commit.message], env);
    }
  }
  git(['checkout', '-q', 'main']);
}
