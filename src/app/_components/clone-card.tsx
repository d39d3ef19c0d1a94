import { type RepoName, repoAddress } from './address';
import { Card } from './card';
import { CommandLine } from './command-line';
import { hubUrl } from './hub-url';

/** How to get the repository, and how to add to it. */
export function CloneCard({ repo, branch }: { repo: RepoName; branch: string }) {
  const url = hubUrl() + repoAddress(repo);
  return (
    <Card title="Clone and push">
      <div className="space-y-2 p-4">
        <CommandLine command={`musehub clone ${url}`} label="the clone line" />
        <CommandLine command={`musehub push ${url} ${branch}`} label="the push line" />
      </div>
    </Card>
  );
}

/** What an empty repository says: the lines that fill it. */
export function FirstPush({ repo, mayWrite }: { repo: RepoName; mayWrite: boolean }) {
  const url = hubUrl() + repoAddress(repo);
  return (
    <div className="mx-auto max-w-2xl space-y-6 py-6">
      <div className="text-center">
        <h2 className="font-semibold text-xl">This repository is empty</h2>
        <p className="mt-1 text-muted">
          {mayWrite ? 'Its first push decides its default branch.' : 'Nobody has pushed to it yet.'}
        </p>
      </div>
      <section className="space-y-2">
        <h3 className="font-semibold">Push a Muse repository</h3>
        <CommandLine command={`musehub login ${hubUrl()}`} label="the login line" />
        <CommandLine command={`musehub push ${url} main`} label="the push line" />
      </section>
      <section className="space-y-2">
        <h3 className="font-semibold">Bring a git history</h3>
        <CommandLine
          command="musehub import-git path/to/git-repository --into my-repository"
          label="the import line"
        />
        <CommandLine
          command={`cd my-repository && musehub push ${url} main`}
          label="the push line"
        />
      </section>
    </div>
  );
}
