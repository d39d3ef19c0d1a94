import { ClientError } from '~/client/client-error';

const SECRET_BYTES_MAX = 64 * 1024;

/** Everything on standard input, for `--token-stdin`. */
export async function readInput(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > SECRET_BYTES_MAX) {
      throw new ClientError('usage', 'Standard input is too long for an access token.');
    }
  }
  return text;
}

/** Asks for a line on the terminal without showing it; throws `interrupted` on Ctrl-C. */
export async function askSecret(
  question: string,
  stdin: NodeJS.ReadStream,
  stderr: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<string> {
  stdin.setRawMode(true);
  stderr.write(question);
  stdin.setEncoding('utf8');
  stdin.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = '';
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      stdin.on('end', () => resolve(text));
      stdin.on('data', (chunk: string) => {
        // A pasted token comes with the escapes around it that say it was pasted.
        for (const unit of chunk.replaceAll('\u001b[200~', '').replaceAll('\u001b[201~', '')) {
          if (unit === '\r' || unit === '\n' || unit === '\u0004') resolve(text);
          else if (unit === '\u0003')
            reject(new ClientError('interrupted', 'The command was interrupted.'));
          else if (unit === '\u007f' || unit === '\b') text = text.slice(0, -1);
          else if (unit >= ' ') text += unit;
        }
      });
    });
  } finally {
    stdin.removeAllListeners('data');
    stdin.removeAllListeners('end');
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
