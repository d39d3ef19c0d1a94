import { describe, expect, it } from 'vitest';
import { readPushFilter } from '~/server/services/push-filter';
import { enterPhase, newProgress, shownPhases } from '~/server/services/push-progress';

describe('the phases of a push', () => {
  it('are timed by when the next one begins', () => {
    const progress = newProgress();
    enterPhase(progress, 'checking', 1_000);
    enterPhase(progress, 'storing', 1_250);
    expect(progress).toMatchObject({
      phase: 'storing',
      phases: { receiving: 1_000, checking: 250 },
    });
  });

  it('of an accepted one are four, the last with what remains', () => {
    const phases = { receiving: 10, checking: 20, storing: 30 };
    expect(shownPhases({ phases, outcome: 'accepted', durationMs: 100 })).toEqual([
      { phase: 'receiving', ms: 10 },
      { phase: 'checking', ms: 20 },
      { phase: 'storing', ms: 30 },
      { phase: 'applying', ms: 40 },
    ]);
  });

  it('of one that ended early stop where it did', () => {
    const shown = shownPhases({ phases: { receiving: 10 }, outcome: 'refused', durationMs: 12 });
    expect(shown).toEqual([
      { phase: 'receiving', ms: 10 },
      { phase: 'checking', ms: 2 },
    ]);
  });

  it('of one under way have no end yet', () => {
    const shown = shownPhases({ phases: {}, outcome: 'receiving', durationMs: null });
    expect(shown).toEqual([{ phase: 'receiving', ms: null }]);
  });

  it('are unknown of a push that was never timed', () => {
    expect(shownPhases({ phases: null, outcome: 'accepted', durationMs: 9 })).toEqual([]);
  });
});

describe('the filter of a history', () => {
  const read = (words: Record<string, string>) => readPushFilter((name) => words[name] ?? null);

  it('takes what an address says, with the last day included', () => {
    const words = { branch: ' main ', actor: 'ada', by: 'agent', kind: 'force', outcome: 'failed' };
    expect(read({ ...words, from: '2026-04-16', to: '2026-04-16' })).toEqual({
      ...{ branch: 'main', actor: 'ada', actorKind: 'agent', kind: 'force', outcome: 'failed' },
      ...{ fromMs: Date.parse('2026-04-16'), toMs: Date.parse('2026-04-17') },
    });
  });

  it('takes what it does not understand as not said', () => {
    const nothing = {
      ...{ branch: null, actor: null, actorKind: null, kind: null, outcome: null },
      ...{ fromMs: null, toMs: null },
    };
    const wrong = {
      branch: ' ',
      by: 'robot',
      kind: 'x',
      outcome: 'constructor',
      from: '2026-13-77',
    };
    expect(read({ ...wrong, to: 'tomorrow' })).toEqual(nothing);
  });
});
