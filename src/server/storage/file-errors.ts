import { Refusal } from '~/wire/errors';

/** The operating system's code of an error, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Turns "no room" and "over quota" into `Refusal` `storage-full`; gives back any other error as it is. */
export function refuseWhenFull(error: unknown): unknown {
  const code = systemCode(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new Refusal('storage-full', {}, undefined, { cause: error });
}
