import { ClientError } from './client-error';

/** Reads JSON answers of a hub that may not be what they should; throws `bad-response`. */

export function mapOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unexpected('it is not a map');
  }
  return value as Record<string, unknown>;
}

export function listOf(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw unexpected(`${field} is not a list`);
  return value;
}

export function textOf(value: unknown, field: string): string {
  if (typeof value !== 'string') throw unexpected(`${field} is not a text`);
  return value;
}

export const optionalText = (value: unknown, field: string): string | null =>
  value === null || value === undefined ? null : textOf(value, field);

export function unexpected(reason: string): ClientError {
  return new ClientError('bad-response', `The hub answers in another form: ${reason}`);
}
