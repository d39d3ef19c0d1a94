/** A picture of notes, scrolled sideways when it is long. `svg` is made by drawNoteRoll. */
export function NoteRoll({ svg, label }: { svg: string; label: string }) {
  return (
    <section
      aria-label={label}
      className="overflow-x-auto"
      // biome-ignore lint/security/noDangerouslySetInnerHtml: numbers and fixed words only
      dangerouslySetInnerHTML={{ __html: svg }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a long piece is scrolled with the keyboard
      tabIndex={0}
    />
  );
}
