/** The pictures of docs/seen.md: each is the one that was made of the text beside it, and small. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { masked } from '../pictures/masked.ts';
import { FOLDER, hashOf, PICTURES, recordsOf, textOf } from '../pictures/record.ts';

const MOST_BYTES = 150 * 1024;
const REMEDY = 'make it anew: npm run pictures -- ';
const PAGE = readFileSync(join(FOLDER, '..', 'seen.md'), 'utf8');

describe('a picture', () => {
  it.each(PICTURES)('"%s" is of the text beside it', (name) => {
    const picture = join(FOLDER, `${name}.png`);
    expect({ text: hashOf(textOf(name)), picture: hashOf(readFileSync(picture)) }, REMEDY + name).toEqual(
      recordsOf()[name],
    );
    expect(statSync(picture).size).toBeLessThan(MOST_BYTES);
  });

  it.each(PICTURES)('"%s" is on the page, with words for who does not see it', (name) => {
    const [, words = ''] = new RegExp(`!\\[([^\\]]+)\\]\\(pictures/${name}\\.png\\)`).exec(PAGE) ?? [];
    expect(words.length).toBeGreaterThan(30);
  });

  it('is one of these: nothing else is in the folder', () => {
    const files = PICTURES.flatMap((name) => [`${name}.png`, `${name}.txt`]);
    expect(readdirSync(FOLDER).sort()).toEqual([...files, 'pictures.json'].sort());
  });

  it('shows nothing of the machine on which it was made', () => {
    const traces = /(?<![\w/])\/(?:work|root|tmp|var)\/|\.cache|127\.0\.0\.1|localhost/;
    for (const name of PICTURES) expect(textOf(name)).not.toMatch(traces);
  });
});

describe('the text of a picture', () => {
  it.each([
    ['2026-11-30T19:08:07.123Z [00:00:06] Completed: x', '2027-01-01T00:00:00.000Z [01:00:00] Completed: x'],
    ['penguins-train-20261130-190807-b93b', 'penguins-train-20270101-000000-0000'],
    ['  6.6 s :active, 1796065689000, 1796065695600', '  1 h 2 m :active, 1, 2'],
    ['  0 s :done, 1, 2\n  axisFormat %H:%M', '  1 s :done, 3, 4\n  axisFormat %H:%M:%S'],
    ['<th>Billed</th><td>2 s of 7 s (spot saved 71 %)</td>', '<th>Billed</th><td>1 s</td>'],
    ['spot · billed 2 s of 7 s (spot saved 71 %) · x', 'spot · billed 1 s · x'],
    ['about 0.59 USD &#40;on demand 1.96 USD&#41;: an', 'less than 0.01 USD: an'],
    ['1 file, 1.0 KiB, in', '1 file, 937 B, in'],
    ['7.4 s: 0 s waiting', '1 h 2 m: 1 m 3 s waiting'],
    [
      '[11/30/26 19:08:47] INFO     train-20261130190833/algo-1-1796065716:',
      '                    INFO     train-20270101000000/algo-1-1800000000:',
    ],
    ['2026-11-30T19:08:07.123Z     x()\n2026-11-30T19:08:07.123Z     ^^^\nb', '2026-11-30T19:08:07.123Z     x()\nb'],
    ['File "a.py"%0A    x(a)%0A    ~^^^%0Ab', 'File "a.py"%0A    x(a)%0Ab'],
    ['File "/opt/ml/code/a.py", line 3', 'File "/somewhere/else/a.py", line 3'],
    ['/usr/bin/python3 train.py', '/usr/local/bin/python3.13 train.py'],
    ['##[group]a\nb\nc\n##[endgroup]\nd\n', '##[group]a\nc\nb\n##[endgroup]\nd\n'],
  ])('is the same of two runs: %s', (one, other) => {
    expect(masked(one)).toBe(masked(other));
  });

  it.each([
    ['{"epoch": 1, "loss": 0.6306}', '{"epoch": 1, "loss": 0.6307}'],
    ['  6.6 s :active, 1, 2', '  6.6 s :done, 1, 2'],
    ['##[error]a', '##[warning]a'],
    ['section Training', 'section Uploading'],
    ['accuracy is 0.8723', 'accuracy is 0.8724'],
    ['##[group]a\n##[endgroup]\nb\nc\n', '##[group]a\n##[endgroup]\nc\nb\n'],
  ])('differs: %s', (one, other) => {
    expect(masked(one)).not.toBe(masked(other));
  });
});
