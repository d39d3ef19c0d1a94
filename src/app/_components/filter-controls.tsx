import type { ComponentPropsWithoutRef, ReactNode } from 'react';
import { Button, ButtonLink } from './button';

const CONTROL = 'min-h-8 min-w-0 rounded-md border border-control bg-canvas px-2 text-sm';

/** Narrows a list; the filter is in the address, and works without a script. */
export function FilterForm({
  action,
  unfiltered = action,
  isFiltered,
  children,
}: {
  action: string;
  /** The address of the whole list, where that is not the form's own. */
  unfiltered?: string;
  isFiltered: boolean;
  children: ReactNode;
}) {
  return (
    <search>
      <form action={action} className="mb-4 flex flex-wrap items-center gap-2">
        {children}
        <Button>Filter</Button>
        {isFiltered && <ButtonLink href={unfiltered}>Clear</ButtonLink>}
      </form>
    </search>
  );
}

export function FilterText({
  label,
  value,
  ...rest
}: { label: string; name: string; value: string | null } & Omit<
  ComponentPropsWithoutRef<'input'>,
  'value'
>) {
  return (
    <input
      aria-label={label}
      autoCapitalize="none"
      className={`${CONTROL} flex-1 basis-28`}
      defaultValue={value ?? ''}
      maxLength={150}
      placeholder={label}
      spellCheck={false}
      {...rest}
    />
  );
}

export function FilterChoice({
  label,
  name,
  value,
  any,
  choices,
}: {
  label: string;
  name: string;
  value: string | null;
  /** What stands for no choice. */
  any: string;
  choices: readonly (string | { value: string; words: string })[];
}) {
  return (
    <select
      aria-label={label}
      className={`${CONTROL} max-w-full`}
      defaultValue={value ?? ''}
      name={name}
    >
      <option value="">{any}</option>
      {choices.map((choice) => {
        const { value: each, words } =
          typeof choice === 'string' ? { value: choice, words: choice } : choice;
        return (
          <option key={each} value={each}>
            {words}
          </option>
        );
      })}
    </select>
  );
}

export const FilterDay = ({
  label,
  name,
  value,
}: {
  label: string;
  name: string;
  value: string | null;
}) => (
  <input
    aria-label={label}
    className={CONTROL}
    defaultValue={value ?? ''}
    name={name}
    title="UTC"
    type="date"
  />
);
