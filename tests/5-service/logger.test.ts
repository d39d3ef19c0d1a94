import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { newToken } from '~/server/auth/token-text';
import { createLogger, hideInLogs, redact, redactStream } from '~/server/logger';

function recording(level: 'debug' | 'warn' = 'debug', pretty = false) {
  const lines: string[] = [];
  const logger = createLogger(level, { pretty, write: (line) => lines.push(line) });
  return { logger, lines };
}

describe('a log line', () => {
  it('is one JSON object with time, level, message and fields', () => {
    const { logger, lines } = recording();
    logger.with({ requestId: 'r1' }).info('pushed', { bytes: 12n, text: 'two\nlines' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    const entry = JSON.parse(lines[0]!);
    expect(entry).toMatchObject({
      level: 'info',
      message: 'pushed',
      requestId: 'r1',
      bytes: '12',
      text: 'two\nlines',
    });
    expect(new Date(entry.time).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('tells an error with its causes', () => {
    const { logger, lines } = recording();
    const err = new Error('the push failed', { cause: new Error('the disk is full') });
    logger.error('request failed', { err });
    expect(lines[0]).toContain('the push failed');
    expect(lines[0]).toContain('caused by Error: the disk is full');
  });

  it('is not written below the level that was asked for', () => {
    const { logger, lines } = recording('warn');
    logger.info('not this');
    logger.warn('but this');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['but this']);
  });

  it('is readable at a terminal', () => {
    const { logger, lines } = recording('debug', true);
    logger.warn('slow', { ms: 12 });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}slow ms=12\n$/);
  });
});

describe('no log line shows', () => {
  it.each(['human', 'agent'] as const)('the token of a(n) %s, wherever it stands', (kind) => {
    const token = newToken(kind);
    const { logger, lines } = recording();
    logger.info(`with ${token} in the message`, { in: { a: ['field', token] }, [token]: 1 });
    logger.error('failed', { err: new Error(`Bearer ${token} was refused`) });
    expect(lines.join('')).not.toContain(token.slice(9));
    expect(lines.join('')).toContain(token.slice(0, 9));
  });

  it('a password inside an address', () => {
    expect(redact('at postgresql://hub:s3cr3t@db:5432/hub now')).toBe(
      'at postgresql://hub:•••@db:5432/hub now',
    );
  });

  it('what it was told to hide', () => {
    hideInLogs('a-storage-key', undefined, '');
    expect(redact('key=a-storage-key!')).toBe('key=•••!');
  });

  it('any of these, when a library writes to the stream itself', () => {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    redactStream(stream as unknown as NodeJS.WriteStream);
    const token = newToken('human');
    stream.write(`Error: ${token}\n`);
    expect(written.join('')).toBe('Error: muse_pat_•••\n');
  });
});
