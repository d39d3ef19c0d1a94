import { ClientError } from '~/client/client-error';

/** One thing that `musehub doctor` looks at. */
export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  message: string;
  /** What to do about it. */
  fix?: string;
  /** Set when it failed: what the command ends with. */
  error?: ClientError;
}

/** What a check says; a check that throws has failed with what it says. */
export type Told = Omit<Finding, 'check' | 'error'>;

export const ok = (message: string): Told => ({ state: 'ok', message });
export const warning = (message: string, fix: string): Told => ({ state: 'warning', message, fix });
export const skipped = (message: string): Told => ({ state: 'skipped', message });

/** Runs checks one after the other; what is not a problem but a fault of this program is thrown. */
export class Diagnosis {
  readonly findings: Finding[] = [];

  /** Whether the check was good enough for those that build on it. */
  async run(check: string, look: () => Promise<Told> | Told): Promise<boolean> {
    const finding = await this.#look(check, look);
    this.findings.push(finding);
    return finding.state === 'ok' || finding.state === 'warning';
  }

  /** The first failure; undefined when there is none. */
  get failure(): ClientError | undefined {
    return this.findings.find(({ error }) => error !== undefined)?.error;
  }

  async #look(check: string, look: () => Promise<Told> | Told): Promise<Finding> {
    try {
      return { check, ...(await look()) };
    } catch (error) {
      if (!(error instanceof ClientError) || error.code === 'interrupted') throw error;
      return { check, state: 'failed', message: error.message, fix: error.fix, error };
    }
  }
}
