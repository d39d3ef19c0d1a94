import { PASSWORD_MIN_CHARS } from '~/server/services/account-limits';
import { TextField } from './form-field';

/** A password that somebody chooses. */
export function NewPasswordField({
  label,
  name = 'password',
  more = '',
  error,
}: {
  label: string;
  name?: string;
  /** What else there is to know about it. */
  more?: string;
  error?: string | null;
}) {
  return (
    <TextField
      autoComplete="new-password"
      error={error}
      hint={`At least ${PASSWORD_MIN_CHARS} characters; a few words make a good one.${more}`}
      id="new-password"
      label={label}
      maxLength={1024}
      minLength={PASSWORD_MIN_CHARS}
      name={name}
      required
      type="password"
    />
  );
}
