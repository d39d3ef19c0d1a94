import type { BranchRule } from '~/server/ports/push-store';
import type { Collaborator, SettingsStore } from '~/server/ports/settings-store';
import { Refusal } from '~/wire/errors';
import type { ActDeps } from './audit-entry';
import type { OpenRepository } from './open-repository';

export interface ShownSettings {
  description: string;
  visibility: 'public' | 'private';
  defaultBranch: string | null;
  requireSigned: boolean;
  refusePolyglot: boolean;
  collaborators: Collaborator[];
  rules: BranchRule[];
}

export interface SettingsDeps {
  settings: SettingsStore;
}

/** … for those who change them. */
export type ChangeSettingsDeps = SettingsDeps & ActDeps;

/** Settings are read and changed by admins of the repository. Throws `Refusal` `access-denied`. */
export function expectRepositoryAdmin(repo: OpenRepository): void {
  if (!repo.mayAdmin) throw new Refusal('access-denied');
}

/** What is set of a repository. Throws `Refusal` `access-denied` for those who are no admins of it. */
export async function showSettings(
  repo: OpenRepository,
  { settings }: SettingsDeps,
): Promise<ShownSettings> {
  expectRepositoryAdmin(repo);
  const { id, description, visibility, defaultBranch, requireSigned, refusePolyglot } = repo.entry;
  const [collaborators, rules] = await Promise.all([
    settings.listCollaborators(id),
    settings.listRules(id),
  ]);
  return {
    ...{ description, visibility, defaultBranch, requireSigned, refusePolyglot },
    ...{ collaborators, rules },
  };
}
