import { spawn } from 'node:child_process';

/**
 * Opens a page in the person's browser, if this machine has one; nothing depends on it. Somebody
 * who came over the network sits elsewhere, and no browser is opened for them.
 */
export function openPage(url: URL, env: NodeJS.ProcessEnv, platform = process.platform): void {
  if (env.SSH_CONNECTION) return;
  const opener = openerOf(env, platform);
  if (opener === null) return;
  const [program, ...args] = opener;
  const child = spawn(program!, [...args, url.href], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined); // there is none: the address was printed
  child.unref();
}

/** No shell is between: an address is an argument, whatever is in it. */
function openerOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] | null {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : null;
}
