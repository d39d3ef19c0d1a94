import { CopyButton } from './copy-button';

/** A line for the terminal, with a way to copy it. */
export function CommandLine({ command, label }: { command: string; label: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-surface py-0.5 pr-0.5 pl-3">
      <code
        className="min-w-0 flex-1 overflow-x-auto whitespace-pre py-1 font-mono text-xs"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled with the keyboard
        tabIndex={0}
      >
        {command}
      </code>
      <CopyButton label={label} text={command} />
    </div>
  );
}
