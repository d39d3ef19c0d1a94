import type { ReactNode } from 'react';
import type { Answers } from '~/server/api/root';
import { fileAddress, type RepoName } from './address';
import { Badge } from './badge';
import { ButtonLink } from './button';
import { CodeLines } from './code-lines';
import { IdChip } from './id-chip';
import { LineChooser } from './line-chooser';
import { MidiCard } from './midi-card';
import { TableCard } from './table-card';
import { bytes, counted } from './wording';

type ShownFile = NonNullable<NonNullable<Answers['tree']['browse']>['file']>;

const REASONS = {
  binary: 'This file is not text.',
  'too-large': 'This file is too large to be shown here.',
};

/** What the two views of a file are called. */
const MARKDOWN_VIEWS = { shown: 'Rendered', plain: 'Source' };
const TABLE_VIEWS = { shown: 'Table', plain: 'Plain text' };

/** A file: its facts, and its contents as far as they can be shown. */
export function FileCard({
  repo,
  refName,
  path,
  file,
  plain,
}: {
  repo: RepoName;
  refName: string;
  path: string[];
  file: ShownFile;
  plain: boolean;
}) {
  const place = { ref: refName, path };
  const raw = fileAddress(repo, 'raw', place);
  const blob = fileAddress(repo, 'blob', place);
  const plainAddress = `${blob}?plain=1`;
  const views = file.markdown !== null ? MARKDOWN_VIEWS : file.table !== null ? TABLE_VIEWS : null;
  return (
    <section className="overflow-hidden rounded-lg border border-line">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b bg-surface px-4 py-2">
        <h2 className="sr-only">File</h2>
        <span className="text-muted text-xs">
          {file.lines && `${counted(file.lines.length, 'line')} · `}
          {bytes(file.size)}
        </span>
        {file.polyglot && (
          <Badge title="valid in two active formats at once; downloaded, never shown" tone="warn">
            polyglot {file.polyglot}
          </Badge>
        )}
        <span className="ml-auto flex flex-wrap gap-2">
          {views && (
            <ButtonLink href={plain ? blob : plainAddress}>
              {plain ? views.shown : views.plain}
            </ButtonLink>
          )}
          <ButtonLink href={raw}>Raw</ButtonLink>
        </span>
      </div>
      <Contents file={file} plain={plain ? null : plainAddress} raw={raw} />
      <p className="border-line border-t bg-surface px-4 py-1.5">
        <IdChip id={file.id} of="object" />
      </p>
    </section>
  );
}

function Contents({
  file,
  raw,
  plain,
}: {
  file: ShownFile;
  raw: string;
  /** The address of the plain text; null: it is asked for. */
  plain: string | null;
}): ReactNode {
  if (plain !== null && file.table) {
    return <TableCard name={file.name} plain={plain} table={file.table} />;
  }
  if (plain !== null && file.markdown !== null) {
    return (
      <div
        className="prose breakable px-4 py-6 sm:px-8"
        // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by renderMarkdown
        dangerouslySetInnerHTML={{ __html: file.markdown }}
      />
    );
  }
  if (file.lines) {
    if (file.lines.length > 0) {
      return (
        <>
          <CodeLines label={file.name} lines={file.lines} />
          <LineChooser />
        </>
      );
    }
    return <p className="px-4 py-6 text-muted">This file is empty.</p>;
  }
  if (file.view === 'image') {
    return (
      <div className="flex justify-center bg-sunken p-4">
        {/* biome-ignore lint/performance/noImgElement: a user's file, served as it is */}
        <img alt={file.name} className="max-h-[70vh] max-w-full object-contain" src={raw} />
      </div>
    );
  }
  if (file.view === 'audio') {
    return (
      <div className="p-4">
        {/* biome-ignore lint/a11y/useMediaCaption: there are none to show */}
        <audio className="w-full" controls preload="metadata" src={raw} />
      </div>
    );
  }
  if (file.midi) return <MidiCard midi={file.midi} name={file.name} />;
  return (
    <div className="px-4 py-10 text-center">
      <p className="text-muted">
        {REASONS[file.view as keyof typeof REASONS]}
        {file.problem && ` Its name says MIDI, but ${file.problem}.`}
      </p>
      <p className="mt-3">
        <ButtonLink href={raw}>Download {bytes(file.size)}</ButtonLink>
      </p>
    </div>
  );
}
