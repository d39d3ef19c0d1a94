import { describe, expect, it } from 'vitest';
import { sourceFiles } from '~tests/support/source-files';

/** The attributes of every form of the pages. */
const forms = sourceFiles('src/app', ['.tsx']).flatMap(({ path, text }) =>
  [...text.matchAll(/<form\b((?:[^<>]|=>|<[^/])*?)>\n/g)].map((match) => ({
    path,
    attributes: match[1]!,
  })),
);

describe('forms', () => {
  it('that a script sends are posted where it is not awake yet: no field gets into an address', () => {
    const scripted = forms.filter(({ attributes }) => attributes.includes('onSubmit'));
    expect(scripted.length).toBeGreaterThan(10);
    const wrong = scripted.filter(({ attributes }) => !attributes.includes('method="post"'));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
