import type { ComponentPropsWithoutRef, ReactNode } from 'react';

/** A box to tick, or one of several to choose, with a line about what it means. */
export function Choice({
  type,
  label,
  hint,
  ...rest
}: { type: 'checkbox' | 'radio'; label: ReactNode; hint?: ReactNode } & Omit<
  ComponentPropsWithoutRef<'input'>,
  'type'
>) {
  return (
    <label className="flex items-start gap-2">
      <input {...rest} className="mt-0.5 size-4 shrink-0 accent-accent" type={type} />
      <span className="min-w-0">
        <span className="block">{label}</span>
        {hint && <span className="block text-muted text-xs">{hint}</span>}
      </span>
    </label>
  );
}

/** Choices that belong together, with what they are about. */
export function ChoiceGroup({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="space-y-1.5">
      <legend className="mb-1.5 font-medium">{legend}</legend>
      {children}
    </fieldset>
  );
}

export function SelectField({
  id,
  label,
  hint,
  children,
  ...rest
}: { id: string; label: string; hint?: ReactNode } & ComponentPropsWithoutRef<'select'>) {
  return (
    <div className="space-y-1.5">
      <label className="block font-medium" htmlFor={id}>
        {label}
      </label>
      <select
        {...rest}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="min-h-8 max-w-full rounded-md border border-control bg-canvas px-2 py-1.5 text-ink text-sm"
        id={id}
      >
        {children}
      </select>
      {hint && (
        <p className="text-muted text-xs" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What the hub refused about a form. No paragraph, since it also stands in one. */
export function FormError({ error }: { error: string | null }) {
  return (
    <span className="block font-medium text-bad empty:hidden" role="alert">
      {error}
    </span>
  );
}
