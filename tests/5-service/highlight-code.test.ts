import { describe, expect, it } from 'vitest';
import { escapeHtml } from '~/server/services/escape-html';
import { highlightLines, languageOf } from '~/server/services/highlight-code';

const textOf = (html: string) =>
  html
    .replace(/<span class="tk-[a-z-]+">|<\/span>/g, '')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => {
      return { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }[name]!;
    });

describe('coloured code', () => {
  it('knows languages by file name', () => {
    expect(languageOf('push-stream.ts')).toBe('typescript');
    expect(languageOf('Dockerfile')).toBe('docker');
    expect(languageOf('src.PY')).toBe('python');
    expect(languageOf('LICENSE')).toBeNull();
    expect(languageOf('noise.bin')).toBeNull();
    expect(languageOf('x.constructor')).toBeNull();
  });

  it('marks tokens by class, never by style', async () => {
    const [line] = await highlightLines('const a = "b"; // c', 'a.ts');
    expect(line).toContain('<span class="tk-keyword">const </span>');
    expect(line).toContain('class="tk-comment"');
    expect(line).not.toContain('style=');
  });

  it('loses and adds no character, whatever the text', async () => {
    const hostile = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      'let x = `</span>`;',
      '/* a',
      'b */ &lt; &amp;amp; \t\u0000 \u2028 😀',
      'x'.repeat(3_000),
      '',
    ];
    for (const name of ['a.ts', 'a.html', 'a.md', 'a.php', 'a.json', 'a.txt']) {
      const lines = await highlightLines(hostile.join('\n'), name);
      expect(lines.map(textOf), name).toEqual(hostile.slice(0, -1));
      for (const line of lines) {
        expect(line.replace(/<span class="tk-[a-z-]+">|<\/span>/g, '')).not.toMatch(/[<>"]/);
      }
    }
  });

  it('keeps the state of the grammar from one piece to the next', async () => {
    const lines = await highlightLines(`/*\n${'still a comment\n'.repeat(450)}*/ let x`, 'a.ts');
    expect(lines[449]).toBe('<span class="tk-comment">still a comment</span>');
  });

  it('is plain, not missing, once its time is up', async () => {
    const text = 'let a = 1;\n'.repeat(1_000);
    const lines = await highlightLines(text, 'a.ts', -1);
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)).toBe('let a = 1;');
  });

  it('escapes for content and attributes', () => {
    expect(escapeHtml(`<a href="x" id='y'>&`)).toBe(
      '&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;',
    );
  });
});
