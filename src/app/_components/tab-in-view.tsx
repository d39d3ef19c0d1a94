'use client';

import { useEffect, useRef } from 'react';

/** Scrolls the row that it stands in to the part one is in, where the style sheet alone cannot. */
export function TabInView() {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const row = place.current?.parentElement;
    const tab = row?.querySelector<HTMLElement>('[aria-current]');
    if (!row || !tab || CSS.supports('scroll-initial-target', 'nearest')) return;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, []);
  return <span hidden ref={place} />;
}
