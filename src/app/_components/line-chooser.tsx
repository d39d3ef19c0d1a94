'use client';

import { useEffect } from 'react';
import { extendRange, readLineRange, writeLineRange } from './line-range';

/**
 * Shows the lines that an address chooses, and chooses several: a click on a number, then one with
 * the shift key. A single line needs none of it.
 */
export function LineChooser() {
  useEffect(() => {
    const show = () => {
      for (const line of document.querySelectorAll('.code-line[data-chosen]')) {
        line.removeAttribute('data-chosen');
      }
      const range = readLineRange(location.hash);
      if (!range || range.first === range.last) return;
      let line = document.getElementById(`L${range.first}`);
      line?.scrollIntoView({ block: 'center' });
      for (let n = range.first; line && n <= range.last; n++) {
        line.setAttribute('data-chosen', '');
        line = line.nextElementSibling as HTMLElement | null;
      }
    };
    const onClick = (event: MouseEvent) => {
      const number = (event.target as Element).closest<HTMLElement>('.code-number');
      if (!number || !event.shiftKey) return;
      event.preventDefault();
      const range = extendRange(readLineRange(location.hash), Number(number.dataset.line));
      location.hash = writeLineRange(range);
    };
    show();
    document.addEventListener('click', onClick);
    window.addEventListener('hashchange', show);
    return () => {
      document.removeEventListener('click', onClick);
      window.removeEventListener('hashchange', show);
    };
  }, []);
  return null;
}
