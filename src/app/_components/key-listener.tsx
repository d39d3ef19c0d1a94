'use client';

import { useEffect } from 'react';

/**
 * Hears the keys of a page; what they do is loaded with the first one that is pressed. A key
 * pressed while something is typed, or with a modifier, is left alone; Ctrl/Cmd-K is for the palette.
 */
export function KeyListener() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, isComposing, repeat, target } = event;
      const isPalette = (ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k';
      if (!isPalette) {
        if (ctrlKey || metaKey || altKey || isComposing || !/^[a-z?/]$/.test(key)) return;
        if (repeat && !/[jk]/.test(key)) return;
        const typing = 'input, textarea, select, [contenteditable], dialog';
        if ((target as Element).closest?.(typing)) return;
      }
      if (isPalette || key === '/') event.preventDefault();
      // Presses are taken in their order, also those that come before the first is loaded.
      void import('./keys').then(({ press }) => press(isPalette ? 'palette' : key));
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return null;
}
