import { version } from '../../package.json';

export const VERSION: string = version;
/** How this program calls itself when it talks to a hub. */
export const CLIENT = `musehub/${version}`;
