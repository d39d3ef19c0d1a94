import { getContainer } from '~/server/container';

/** The hub's public address, from its configuration: requests do not know it. */
export const hubUrl = (): string => getContainer().env.url;
