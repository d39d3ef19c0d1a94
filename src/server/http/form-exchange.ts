import { readBody } from './body';

/** What the routes of forms that work without a script share. */

const FORM_MAX_BYTES = 64 * 1024;

/** The fields of a sent form, '' for those that are not there. Throws `Refusal` `limit-exceeded`. */
export async function readForm(request: Request): Promise<(name: string) => string> {
  const bytes = await readBody(request, FORM_MAX_BYTES);
  const form = new URLSearchParams(new TextDecoder().decode(bytes));
  return (name) => form.get(name) ?? '';
}

/** Leads a browser from a form to a page of this hub, with cookies to keep. */
export function leadTo(address: string, cookies: string[] = []): Response {
  const headers = new Headers({ location: address, 'cache-control': 'no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
