// Writes what full runs of the tests have shown into docs/reliability.md: `npm run test:full -- action` leaves it in `.cache/`
// (faults.jsonl, soak.json, sizes.json). What is not there stays as it was. The numbers themselves are kept in
// __tests__/action/faults/record.json, by which a test checks the page. `npm run reliability`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsOf, rewritten } from '../__tests__/action/faults/record.ts';

const root = join(import.meta.dirname, '..');
const RECORD = join(root, '__tests__', 'action', 'faults', 'record.json');
const PAGE = join(root, 'docs', 'reliability.md');

/** Undefined if there has been no such run. */
function left(name) {
  const path = join(root, '.cache', name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

const record = JSON.parse(readFileSync(RECORD, 'utf8'));
const [faults, soak, sizes] = ['faults.jsonl', 'soak.json', 'sizes.json'].map(left);
if (faults !== undefined) {
  const [{ calls, all }, ...tried] = faults.trim().split('\n').map(JSON.parse);
  Object.assign(record, { calls, trials: { made: tried.length, all }, faults: countsOf(tried) });
}
if (soak !== undefined) {
  const { runs, seed, done } = JSON.parse(soak);
  record.soak = { runs, kept: done.length, seed };
}
if (sizes !== undefined) record.sizes = Object.values(JSON.parse(sizes));
writeFileSync(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
writeFileSync(PAGE, rewritten(readFileSync(PAGE, 'utf8'), record));
