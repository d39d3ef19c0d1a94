import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';
import { musehub } from './cli';
import { type GitCommit, makeGitRepository } from './git-story';
import { type Hub, type HubOptions, startHub } from './hub';

/** A hub with a person at its command line and one at its browser. */
export interface VisitedHub {
  hub: Hub;
  /** Home of the command line's user; everything made for the test is below it. */
  home: string;
  /** Runs `musehub` with the admin's token; fails the test unless it succeeds. */
  cli(args: string[], cwd?: string): Promise<string>;
  /** Makes a repository of the account `admin` and pushes these commits to it, all branches. */
  publish(slug: string, commits: GitCommit[], options?: string[]): Promise<void>;
  dispose(): Promise<void>;
}

export async function visitHub(options: HubOptions = {}): Promise<VisitedHub> {
  const hub = await startHub(options);
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-e2e-'));
  const cli = async (args: string[], cwd = home) => {
    const outcome = await musehub(args, { home, cwd, token: hub.adminToken });
    expect(outcome, `musehub ${args.join(' ')}: ${outcome.stderr}`).toMatchObject({ code: 0 });
    return outcome.stdout;
  };
  return {
    hub,
    home,
    cli,
    async publish(slug, commits, options = []) {
      const git = path.join(home, 'git', slug);
      const muse = path.join(home, 'muse', slug);
      makeGitRepository(git, commits);
      await cli(['import-git', git, '--into', muse]);
      // The address of the hub comes before the words of the caller.
      await cli(['repo', 'create', slug, '--hub', hub.url, ...options]);
      await cli(['push', `${hub.url}/admin/${slug}`, '--all'], muse);
    },
    async dispose() {
      await hub.dispose();
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Fills in and sends the form for access tokens of the sign-in page that is open. */
export async function sendToken(page: Page, token: string): Promise<void> {
  const field = page.getByLabel('Access token', { exact: true });
  if (!(await field.isVisible())) await page.getByText('Sign in with an access token').click();
  await field.fill(token);
  await page.getByRole('button', { name: 'Sign in with the token' }).click();
}

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, hub: Hub): Promise<void> {
  await page.goto(`${hub.url}/login`);
  await sendToken(page, hub.adminToken);
  await expect(page.getByLabel('Account admin')).toBeVisible();
}
