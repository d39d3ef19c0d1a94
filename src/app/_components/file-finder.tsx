'use client';

import { type KeyboardEvent, useDeferredValue, useRef, useState } from 'react';
import { matchPaths } from '~/server/services/match-paths';
import { count } from './wording';

const SHOWN = 100;

/**
 * A field and the files that match it. The server has found the first ones; with a script all paths
 * are loaded once, when something is typed, and matched here. Without one it is a form.
 */
export function FileFinder({
  first,
  typed: before,
  fileCount,
  truncated,
  address,
  filesAddress,
  pathsAddress,
}: {
  first: string[];
  typed: string;
  fileCount: number;
  truncated: boolean;
  address: string;
  /** A file's page is this and its path, each segment encoded. */
  filesAddress: string;
  pathsAddress: string;
}) {
  const [typed, setTyped] = useState(before);
  const [paths, setPaths] = useState<string[] | null>(null);
  const [failed, setFailed] = useState(false);
  const asked = useRef(false);
  const list = useRef<HTMLUListElement>(null);
  const wanted = useDeferredValue(typed);
  const shown = paths === null ? first : matchPaths(paths, wanted, SHOWN);

  const load = async () => {
    if (asked.current) return;
    asked.current = true;
    try {
      const answer = await fetch(pathsAddress);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      setPaths(((await answer.json()) as { paths: string[] }).paths);
      setFailed(false);
    } catch {
      // The form still asks the server.
      asked.current = false;
      setFailed(true);
    }
  };
  const links = () => [...(list.current?.querySelectorAll<HTMLAnchorElement>('a') ?? [])];
  const onFieldKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      links()[0]?.focus();
    } else if (event.key === 'Enter' && paths !== null) {
      event.preventDefault();
      links()[0]?.click();
    }
  };
  const onListKey = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = links();
    const at = all.indexOf(document.activeElement as HTMLAnchorElement) + step;
    if (at < 0) document.getElementById('find-file')?.focus();
    else all[at]?.focus();
  };
  return (
    <>
      <search>
        <form action={address}>
          <input
            aria-describedby="find-count"
            aria-label="Part of a path"
            autoComplete="off"
            // biome-ignore lint/a11y/noAutofocus: the page is this field
            autoFocus
            className="min-h-9 w-full rounded-md border border-control bg-canvas px-3 font-mono text-[0.8125rem]"
            defaultValue={before}
            id="find-file"
            maxLength={300}
            name="q"
            onChange={(event) => {
              setTyped(event.target.value);
              void load();
            }}
            onKeyDown={onFieldKey}
            placeholder="Letters of a path"
            type="search"
          />
        </form>
      </search>
      <p aria-live="polite" className="mt-2 mb-3 text-muted text-xs" id="find-count">
        {shown.length === SHOWN ? `The best ${SHOWN}` : count(shown.length)} of {count(fileCount)}{' '}
        {truncated ? 'files that are looked through' : 'files'}
        {failed && '. The list could not be loaded; Enter asks the hub.'}
      </p>
      {shown.length === 0 ? (
        <p className="rounded-lg border border-line border-dashed px-4 py-8 text-center text-muted">
          No file has these letters in this order.
        </p>
      ) : (
        <ul
          className="divide-y divide-line rounded-lg border border-line"
          data-rows
          onKeyDown={onListKey}
          ref={list}
        >
          {shown.map((path) => (
            <li className="hover:bg-surface" key={path}>
              <a
                className="breakable block px-4 py-1.5 font-mono text-[0.8125rem] hover:text-accent"
                href={filesAddress + path.split('/').map(segmentOf).join('')}
              >
                <bdi>{path}</bdi>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const segmentOf = (segment: string) => `/${encodeURIComponent(segment)}`;
