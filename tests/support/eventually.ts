import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const PATIENCE_MS = 30_000;

/**
 * What `attempt` resolves to, once it does not reject any more; for what another process does in
 * its own time and tells nobody. Rejects with the last reason when patience is over.
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}
