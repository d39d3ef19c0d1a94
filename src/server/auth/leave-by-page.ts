const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Leads a browser from a form to another site. The policy of our pages lets forms go to this hub
 * only, and browsers hold it against where a form is redirected to as well; so what would be a
 * redirection elsewhere becomes a page that goes on by itself.
 */
export function leaveByPage(response: Response, hubUrl: string): Response {
  const location = response.headers.get('location');
  const target = location !== null && URL.canParse(location) ? new URL(location) : null;
  if (!target || target.origin === new URL(hubUrl).origin) return response;
  const headers = new Headers(response.headers);
  headers.delete('location');
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('cache-control', 'no-store');
  const address = escaped(target.href);
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="0;url=${address}">
<title>Sign in</title>
<p><a href="${address}">Go on to ${escaped(target.host)}</a></p>
</html>
`;
  return new Response(page, { status: 200, headers });
}
