import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import { ButtonLink, ButtonOff } from './button';

/** The way through a list by keys: an address, or null at an end; undefined where there is no way back. */
export function Pager({
  newer,
  older,
  newerLabel = 'Newer',
  olderLabel = 'Older',
}: {
  newer?: string | null;
  older: string | null;
  newerLabel?: string;
  olderLabel?: string;
}) {
  if (older === null && (newer === null || newer === undefined)) return null;
  const back = (
    <>
      <ChevronLeft aria-hidden="true" size={16} />
      {newerLabel}
    </>
  );
  const on = (
    <>
      {olderLabel}
      <ChevronRight aria-hidden="true" size={16} />
    </>
  );
  return (
    <nav aria-label="Pages" className="mt-4 flex justify-center gap-2">
      {newer === null && <ButtonOff>{back}</ButtonOff>}
      {typeof newer === 'string' && (
        <ButtonLink href={newer} rel="prev">
          {back}
        </ButtonLink>
      )}
      {older === null ? (
        <ButtonOff>{on}</ButtonOff>
      ) : (
        <ButtonLink href={older} rel="next">
          {on}
        </ButtonLink>
      )}
    </nav>
  );
}
