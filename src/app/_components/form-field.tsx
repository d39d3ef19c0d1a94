import type { ComponentPropsWithoutRef, ReactNode } from 'react';

const CONTROL =
  'w-full rounded-md border border-control bg-canvas px-3 py-1.5 text-ink text-sm placeholder:text-muted';

interface Described {
  id: string;
  label: string;
  hint?: ReactNode;
  error?: string | null;
}

const describedBy = ({ id, hint, error }: Described): string | undefined =>
  [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;

function Around({ field, children }: { field: Described; children: ReactNode }) {
  const { id, label, hint, error } = field;
  return (
    <div className="space-y-1.5">
      <label className="block font-medium" htmlFor={id}>
        {label}
      </label>
      {children}
      {hint && (
        <p className="text-muted text-xs" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="font-medium text-bad text-sm" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({
  id,
  label,
  hint,
  error,
  ...rest
}: Described & ComponentPropsWithoutRef<'input'>) {
  const field = { id, label, hint, error };
  return (
    <Around field={field}>
      <input
        {...rest}
        aria-describedby={describedBy(field)}
        aria-invalid={error ? true : undefined}
        className={CONTROL}
        id={id}
      />
    </Around>
  );
}

export function TextArea({
  id,
  label,
  hint,
  error,
  ...rest
}: Described & ComponentPropsWithoutRef<'textarea'>) {
  const field = { id, label, hint, error };
  return (
    <Around field={field}>
      <textarea
        {...rest}
        aria-describedby={describedBy(field)}
        aria-invalid={error ? true : undefined}
        className={`${CONTROL} min-h-24`}
        id={id}
      />
    </Around>
  );
}
