import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '~/server/services/render-markdown';

const PLACE = {
  linkBase: '/ada/notes/blob/main/',
  imageBase: '/ada/notes/raw/main/',
  folder: ['docs'],
};
const render = (markdown: string) => renderMarkdown(markdown, PLACE).trim();

describe('Markdown', () => {
  it('becomes headings, lists, code and tables', () => {
    expect(render('# Title\n\nSome *text* and `code`.')).toBe(
      '<h2 id="md-title">Title</h2>\n<p>Some <em>text</em> and <code>code</code>.</p>',
    );
    expect(render('- a\n- b')).toContain('<li>a</li>');
    expect(render('| a | b |\n|---|--:|\n| 1 | 2 |')).toContain('<td align="right">2</td>');
    expect(render('- [x] done')).toContain(
      '<input type="checkbox" disabled aria-label="task" checked />',
    );
  });

  it('links to files of the repository, beside and above', () => {
    expect(render('[a](guide.md)')).toContain('href="/ada/notes/blob/main/docs/guide.md"');
    expect(render('[a](../src/a%20b.ts#L3)')).toContain('href="/ada/notes/blob/main/src/a%20b.ts');
    expect(render('[a](/LICENSE)')).toContain('href="/ada/notes/blob/main/LICENSE"');
    expect(render('[a](#usage)')).toContain('href="#md-usage"');
  });

  it('never links out of the repository by a relative address', () => {
    for (const address of ['../../secrets', '..%2f..', '%zz', '/../../admin']) {
      const html = render(`[a](${address})`);
      const href = /href="([^"]*)"/.exec(html)?.[1] ?? '';
      expect(href === '' || href.startsWith('/ada/notes/blob/main/'), html).toBe(true);
      expect(href).not.toContain('/../');
    }
  });

  it('shows pictures of the repository and only links to others', () => {
    expect(render('![logo](logo.png)')).toBe(
      '<p><img src="/ada/notes/raw/main/docs/logo.png" alt="logo" loading="lazy" /></p>',
    );
    const foreign = render('![pixel](https://tracker.example/p.gif)');
    expect(foreign).not.toContain('<img');
    expect(foreign).toContain('href="https://tracker.example/p.gif"');
    expect(render('![x](data:image/svg+xml,<svg/onload=alert(1)>)')).not.toContain('<img');
  });

  it('gives headings of one text distinct anchors, and no author chooses an id', () => {
    const html = render('## Use\n\n## Use\n\n<h2 id="main">x</h2>\n\n<p id="content">y</p>');
    expect(html).toContain('id="md-use"');
    expect(html).toContain('id="md-use-1"');
    expect(html).not.toContain('id="main"');
    expect(html).not.toContain('id="content"');
  });
});

/** Ways scripts have got into rendered Markdown. */
const ATTACKS = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)" style="position:fixed">',
  '<svg onload=alert(1)><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href=" javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](&#x6A;avascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](vbscript:msgbox(1))',
  '![x](javascript:alert(1))',
  '[x]: javascript:alert(1)\n\n[x]',
  '<javascript:alert(1)>',
  '<form action="//evil.example"><button formaction="javascript:alert(1)">x</button></form>',
  '<input autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)><summary>x</summary></details>',
  '<body onload=alert(1)>',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<base href="//evil.example/">',
  '<link rel=stylesheet href="//evil.example/x.css">',
  '<style>*{background:url(//evil.example)}</style>',
  '<p style="background:url(//evil.example)">x</p>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<template><script>alert(1)</script></template>',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<!--><script>alert(1)</script>-->',
  '<![CDATA[><script>alert(1)</script>]]>',
  '`<script>alert(1)</script>`',
  '```html\n<script>alert(1)</script>\n```',
  '# <img src=x onerror=alert(1)>',
  '[x](https://a.example/"onmouseover="alert(1))',
  '![a"onerror="alert(1)](x.png)',
  '[x](x.md "t" onclick="alert(1)")',
  '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
  '<xss onpointerenter=alert(1)>x</xss>',
  '<a href="//evil.example/%0d%0ax">x</a>',
];

describe('Markdown from an attacker', () => {
  it.each(ATTACKS)('carries no script: %s', (attack) => {
    const html = render(attack);
    // Inside tags there are only the names and attributes of the list; elsewhere everything is text.
    const tags = [...html.matchAll(/<\/?([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*\/?>/g)];
    expect(html.replace(/<\/?[a-z0-9]+(?:\s+[a-z-]+(?:="[^"<>]*")?)*\s*\/?>/g, '')).not.toMatch(
      /</,
    );
    for (const [, tag, attributes] of tags) {
      expect(tag).toMatch(
        /^(h[2-6]|p|br|hr|blockquote|pre|code|strong|em|ul|ol|li|a|img|details|summary|input|table|thead|tbody|tr|th|td)$/,
      );
      for (const [, name, value] of attributes!.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)) {
        if (value === undefined) continue;
        expect(
          ['href', 'rel', 'title', 'src', 'alt', 'loading', 'id', 'align', 'type'].concat([
            'disabled',
            'checked',
            'aria-label',
          ]),
        ).toContain(name);
        if (name === 'src') expect(value).toMatch(/^\/ada\/notes\/raw\/main\//);
        if (name === 'href')
          expect(value).toMatch(/^(#|\/ada\/notes\/blob\/main\/|https?:\/\/|mailto:)/);
      }
    }
  });

  it('nested beyond reason is still rendered in a moment', () => {
    const started = performance.now();
    const deep = renderMarkdown(`${'> '.repeat(5_000)}<script>alert(1)</script>`, PLACE);
    expect(deep).toContain('&lt;script&gt;');
    for (const text of ['*a **b '.repeat(5_000), '['.repeat(20_000), '<'.repeat(50_000)]) {
      expect(renderMarkdown(text, PLACE)).not.toBe('');
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
