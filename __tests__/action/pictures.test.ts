/** The pictures of docs/seen.md show what the built action prints and writes today. */
import { describe, expect, it } from 'vitest';
import { masked } from '../pictures/masked.ts';
import { OWN, textOf } from '../pictures/record.ts';
import { type Sources, sourcesOf } from '../pictures/runs.ts';

const REMEDY = 'docs/pictures is out of date. Look at the difference, then: npm run build && npm run pictures';

describe('the runs of docs/seen.md', () => {
  let sources: Promise<Sources> | undefined;
  it.each(OWN)('print and write what its picture "%s" shows', async (name) => {
    sources ??= sourcesOf(0);
    const made = await sources;
    expect(masked(`${made[name]}\n`), REMEDY).toBe(masked(textOf(name)));
  });
});
