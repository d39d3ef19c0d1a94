import { Fragment } from 'react';
import { CopyButton } from './copy-button';

/** A line for the terminal, with a way to copy it. */
export function CommandLine({ command, label }: { command: string; label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-surface py-0.5 pr-0.5 pl-3">
      <code className="breakable min-w-0 flex-1 whitespace-pre-wrap py-1 font-mono text-xs">
        {command.split(/( -\S+)/).map((part, index) =>
          part.startsWith(' -') ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one line, always the same
            <Fragment key={index}>
              {' '}
              <span className="whitespace-nowrap">{part.slice(1)}</span>
            </Fragment>
          ) : (
            part
          ),
        )}
      </code>
      <CopyButton label={label} text={command} />
    </div>
  );
}
