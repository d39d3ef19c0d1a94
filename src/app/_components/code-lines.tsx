/**
 * Lines of code that are HTML already, escaped where they were made. Each has an anchor `#L12`; the
 * numbers are drawn by the style sheet. One string for all lines: a file of ten thousand lines made
 * of elements would be sent twice, as HTML and as the tree that wakes it up.
 */
export function CodeLines({ lines, label }: { lines: string[]; label: string }) {
  const html = lines
    .map((line, index) => {
      const n = index + 1;
      return `<div class="code-line" id="L${n}"><a class="code-number" href="#L${n}" data-line="${n}" tabindex="-1" aria-hidden="true"></a><code class="code-text">${line || '\n'}</code></div>`;
    })
    .join('');
  return (
    <section
      aria-label={label}
      className="code py-2"
      // biome-ignore lint/security/noDangerouslySetInnerHtml: escaped by highlightLines
      dangerouslySetInnerHTML={{ __html: html }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard
      tabIndex={0}
    />
  );
}
