import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { PasswordHasher } from '~/server/ports/password-hasher';
import { Refusal } from '~/wire/errors';

/** How much a hash costs: N = 2^`ln` rounds over blocks of `r`, `p` times (RFC 7914). */
export interface ScryptCost {
  ln: number;
  r: number;
  p: number;
}

/** The first choice of the OWASP password storage advice: 128 MiB, some 0.3 s. */
export const SCRYPT_COST: ScryptCost = { ln: 17, r: 8, p: 1 };

const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Hashes at a time: 256 MiB at most, and half of Node's threads are left for files. */
const AT_ONCE_MAX = 2;
/** Who comes when so many wait is sent away, instead of waiting for long. */
const WAITING_MAX = 40;
const RETRY_AFTER_S = 10;
/** `scrypt$ln=17,r=8,p=1$<salt>$<key>`, both in base64url. */
const STORED = /^scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

/** Passwords by scrypt of node:crypto, a few at a time. */
export class ScryptHasher implements PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly cost: ScryptCost = SCRYPT_COST) {}

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const key = await this.#derive(password, salt, this.cost);
    const { ln, r, p } = this.cost;
    return `scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
  }

  async verify(
    password: string,
    stored: string | null,
  ): Promise<{ right: boolean; stale: boolean }> {
    const parts = stored === null ? null : STORED.exec(stored);
    if (stored !== null && !parts) throw new Error('a stored password hash cannot be read');
    if (!parts) {
      await this.#derive(password, Buffer.alloc(SALT_BYTES), this.cost);
      return { right: false, stale: false };
    }
    const cost = { ln: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) };
    const key = await this.#derive(password, Buffer.from(parts[4]!, 'base64url'), cost);
    const right = timingSafeEqual(key, Buffer.from(parts[5]!, 'base64url'));
    const { ln, r, p } = this.cost;
    return { right, stale: right && (cost.ln !== ln || cost.r !== r || cost.p !== p) };
  }

  async #derive(password: string, salt: Buffer, { ln, r, p }: ScryptCost): Promise<Buffer> {
    await this.#turn();
    try {
      return await new Promise((resolve, reject) => {
        const N = 2 ** ln;
        scrypt(
          password.normalize('NFKC'),
          salt,
          KEY_BYTES,
          // Node counts a little more than the 128 · N · r bytes of the algorithm.
          { N, r, p, maxmem: 160 * N * r },
          (error, key) => (error ? reject(error) : resolve(key)),
        );
      });
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= AT_ONCE_MAX) {
      if (this.#waiting.length >= WAITING_MAX) {
        const message = `Too many people sign in at this moment; wait ${RETRY_AFTER_S} seconds and try again.`;
        throw new Refusal('rate-limited', { retry_after_s: RETRY_AFTER_S }, message);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}
