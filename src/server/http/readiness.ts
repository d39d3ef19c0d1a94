/** What readiness depends on. */
export interface ReadinessDeps {
  lifecycle: { draining: boolean };
  logger: { warn(message: string, fields: Record<string, unknown>): void };
  /** Rejects when the database does not answer. */
  checkDatabase: () => Promise<unknown>;
  blobStore: { check(): Promise<void> };
}

const CHECK_MAX_MS = 3_000;

/**
 * `GET /ready`: 200 when this process can serve now, else 503, with each part as `ok` or `failed`.
 * Why a part failed is in the log only: anybody may ask.
 */
export async function checkReadiness(deps: ReadinessDeps): Promise<Response> {
  const [database, storage] = await Promise.all([
    probe('database', deps.checkDatabase, deps),
    probe('storage', () => deps.blobStore.check(), deps),
  ]);
  const draining = deps.lifecycle.draining;
  const ready = database === 'ok' && storage === 'ok' && !draining;
  return Response.json(
    { ready, database, storage, draining },
    { status: ready ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  );
}

async function probe(
  part: string,
  check: () => Promise<unknown>,
  { logger }: Pick<ReadinessDeps, 'logger'>,
): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_MAX_MS} ms`)), CHECK_MAX_MS);
  });
  try {
    await Promise.race([check(), late]);
    return 'ok';
  } catch (error) {
    logger.warn('not ready', { part, err: error });
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
