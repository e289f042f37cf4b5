/** docs/reliability.md has the numbers that full runs of the tests have left. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ReliabilityRecord, rewritten } from '../action/faults/record.ts';

const root = join(import.meta.dirname, '..', '..');
const record = JSON.parse(
  readFileSync(join(root, '__tests__', 'action', 'faults', 'record.json'), 'utf8'),
) as ReliabilityRecord;

it('is as `npm run reliability` writes it', () => {
  const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');
  expect(page).toBe(rewritten(page, record));
});

it('speaks of whole runs in which no promise was broken', () => {
  expect(record.trials.made).toBe(record.trials.all);
  expect(record.faults.map(([what, ...counts]) => [what, counts.at(-1)])).toEqual(
    record.faults.map(([what]) => [what, 0]),
  );
  expect(record.soak.kept).toBe(record.soak.runs);
  for (const { what, mib } of record.sizes) expect(mib, what).toBeLessThan(400);
});
