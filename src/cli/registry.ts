import type { Command } from './command';

export interface Entry {
  /** One word, or two for a command below another. */
  name: string;
  summary: string;
  /** Loads the command; what others need is not loaded. */
  load(): Promise<Command>;
}

/** Every command, in the order of the help. */
export const COMMANDS: Entry[] = [
  {
    name: 'login',
    summary: 'sign in to a hub',
    load: async () => (await import('./commands/login')).login,
  },
  {
    name: 'logout',
    summary: 'forget the access token for a hub',
    load: async () => (await import('./commands/logout')).logout,
  },
  {
    name: 'whoami',
    summary: 'show who you are on a hub',
    load: async () => (await import('./commands/whoami')).whoamiCommand,
  },
  {
    name: 'repo create',
    summary: 'make a repository on a hub',
    load: async () => (await import('./commands/repo-create')).repoCreate,
  },
  {
    name: 'token create',
    summary: 'make an access token on a hub',
    load: async () => (await import('./commands/token-create')).tokenCreate,
  },
  {
    name: 'token list',
    summary: 'show your access tokens on a hub',
    load: async () => (await import('./commands/token-list')).tokenList,
  },
  {
    name: 'token revoke',
    summary: 'end an access token',
    load: async () => (await import('./commands/token-revoke')).tokenRevoke,
  },
  {
    name: 'key generate',
    summary: 'make a key to sign commits with, and register it',
    load: async () => (await import('./commands/key-generate')).keyGenerate,
  },
  {
    name: 'key add',
    summary: 'register a signing key that you have',
    load: async () => (await import('./commands/key-add')).keyAdd,
  },
  {
    name: 'key show',
    summary: 'print the line that registers a signing key',
    load: async () => (await import('./commands/key-show')).keyShow,
  },
  {
    name: 'key list',
    summary: 'show your signing keys on a hub',
    load: async () => (await import('./commands/key-list')).keyList,
  },
  {
    name: 'key revoke',
    summary: 'take a signing key back',
    load: async () => (await import('./commands/key-revoke')).keyRevoke,
  },
  {
    name: 'push',
    summary: 'bring branches to a hub',
    load: async () => (await import('./commands/push')).pushCommand,
  },
  {
    name: 'fetch',
    summary: 'bring what is new on a hub here',
    load: async () => (await import('./commands/fetch')).fetchCommand,
  },
  {
    name: 'clone',
    summary: 'copy a repository from a hub',
    load: async () => (await import('./commands/clone')).cloneCommand,
  },
  {
    name: 'commit comment',
    summary: 'say something about a commit',
    load: async () => (await import('./commands/commit-comment')).commitComment,
  },
  {
    name: 'import-git',
    summary: 'make a Muse repository of a git repository',
    load: async () => (await import('./commands/import-git')).importGitCommand,
  },
  {
    name: 'doctor',
    summary: 'check folder, remote, hub, token and clock',
    load: async () => (await import('./commands/doctor')).doctor,
  },
];

/** The second words of the commands that begin with this one. */
export function subcommandsOf(first: string): string[] {
  return COMMANDS.map(({ name }) => name.split(' '))
    .filter(([word]) => word === first)
    .flatMap((words) => words.slice(1));
}

/** The command that arguments begin with, and the arguments after its name. */
export function findCommand(argv: string[]): { entry: Entry; rest: string[] } | null {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const entry = COMMANDS.find((each) => each.name === name);
    if (entry !== undefined) return { entry, rest: argv.slice(words) };
  }
  return null;
}
