/** next-auth's cookie holds the token that its forms must repeat, and a hash of it. */
const COOKIES = ['__Host-next-auth.csrf-token', 'next-auth.csrf-token'];

/** The token that a sign-in or sign-out form must carry; null before the cookie is set. */
export function csrfToken(cookies: { name: string; value: string }[]): string | null {
  const cookie = cookies.find(({ name }) => COOKIES.includes(name));
  const token = cookie?.value.split(/[|]|%7C/)[0];
  return token && /^[0-9a-f]{64}$/.test(token) ? token : null;
}
