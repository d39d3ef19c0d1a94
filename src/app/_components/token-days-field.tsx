import { SelectField } from './choice-field';
import { counted } from './wording';

const DAYS = [1, 7, 30, 90, 180, 366];
const DAYS_STANDARD = 90;

/** After how many days a new token ends, of as many as the hub allows. */
export function TokenDaysField({ id, daysMax }: { id: string; daysMax: number }) {
  const days = [...DAYS.filter((n) => n < daysMax), daysMax];
  return (
    <SelectField
      defaultValue={Math.min(DAYS_STANDARD, daysMax)}
      hint="Never later than the token that you are signed in with."
      id={id}
      label="Expires after"
      name="days"
    >
      {days.map((n) => (
        <option key={n} value={n}>
          {counted(n, 'day')}
        </option>
      ))}
    </SelectField>
  );
}
