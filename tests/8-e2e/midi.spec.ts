import { expect, test } from '@playwright/test';
import { type VisitedHub, visitHub } from '../support/hub-visitor';
import { shortPiece } from '../support/midi-bytes';

/** A person looks at a piece of music, and at what a commit changed in it. */

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish('tunes', [
    {
      message: 'feat: a tune',
      files: { 'song.mid': shortPiece(), 'lines.txt': 'line\n'.repeat(20) },
    },
    {
      message: 'fix: one note',
      files: { 'song.mid': shortPiece([67, 69, 70, 72, 74, 72, 71, 69]) },
    },
  ]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('a MIDI file is shown as notes and in words, and its changes as notes', async ({ page }) => {
  await page.goto(at('/admin/tunes/blob/main/song.mid'));
  const main = page.getByRole('main');
  for (const fact of ['0:05', '96 bpm', '4/4', 'G major', '12 notes']) {
    await expect(main.getByText(fact, { exact: true })).toBeVisible();
  }
  const tracks = main.getByRole('list', { name: 'Tracks' }).getByRole('listitem');
  await expect(tracks).toContainText(['Conductor', 'TuneFlute8 notes', 'Bass4 notes']);
  const roll = page.getByRole('region', { name: 'Notes of song.mid' });
  await expect(roll.locator('svg path.roll-note')).toHaveCount(2);

  await page.goto(at('/admin/tunes/commits'));
  await page.getByRole('link', { name: 'fix: one note' }).click();
  await page.getByRole('link', { name: 'Diff', exact: true }).click();
  await expect(main.getByText('1 note added')).toBeVisible();
  await expect(main.getByText('1 note removed')).toBeVisible();
  // A note is a stroke, which has no height of its own.
  await expect(main.locator('svg path.roll-added')).toHaveCount(1);
});

test('several lines are chosen with the shift key, and by their address', async ({ page }) => {
  await page.goto(at('/admin/tunes/blob/main/lines.txt'));
  await page.locator('a[data-line="3"]').click();
  await page.locator('a[data-line="9"]').click({ modifiers: ['Shift'] });
  await expect(page).toHaveURL(/#L3-L9$/);
  await expect(page.locator('.code-line[data-chosen]')).toHaveCount(7);
  await page.goto(at('/admin/tunes/blob/main/lines.txt#L5-L6'));
  await expect(page.locator('.code-line[data-chosen]')).toHaveCount(2);
});
