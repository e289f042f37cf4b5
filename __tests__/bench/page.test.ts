/** The page and its picture are what the results give, and say what was reached. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { shown, shownSpread } from '../../bench/page/measures.ts';
import { pageText } from '../../bench/page/page.ts';
import { pictureText } from '../../bench/page/picture.ts';
import { verdictOf } from '../../bench/page/targets.ts';
import { type Measure, type PlaceResult, type Results, resultsText, type Sample } from '../../bench/results.ts';
import { ACTION, FASTEST, type Scenario, type Target } from '../../bench/scenario.ts';
import { SCENARIOS } from '../../bench/scenarios/index.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const read = (name: string): string => readFileSync(join(docs, name), 'utf8');

describe('docs/performance.md', () => {
  const results = JSON.parse(read('performance.json')) as Results;

  it('and its picture are drawn from performance.json: write them anew by "npm run bench -- --page"', () => {
    expect(read('performance.md')).toBe(pageText(results, SCENARIOS));
    expect(read('performance.svg')).toBe(pictureText(results, SCENARIOS));
    expect(read('performance.json')).toBe(resultsText(results));
  });

  it('has scenarios that there are, with the sizes that their titles name', () => {
    const names = results.scenarios.map(({ scenario }) => scenario);
    expect(names).toEqual(SCENARIOS.map(({ name }) => name).filter((name) => names.includes(name)));
    expect(results.scenarios.filter(({ quick }) => quick)).toEqual([]);
  });
});

function place(sides: Readonly<Record<string, readonly Sample[]>>, latency = 0): PlaceResult {
  return { latency, sides: Object.entries(sides).map(([name, runs]) => ({ name, command: `run ${name}`, runs })) };
}

describe('a target', () => {
  const measured = place({
    [ACTION]: [{ seconds: 3, memory: 100, calls: 12, lost: 0 }, { seconds: 1 }, { seconds: 2 }],
    slow: [{ seconds: 40 }],
    fast: [{ seconds: 30 }],
  });
  it.each<[Target, string, boolean, string]>([
    [{ measure: 'seconds', most: 2 }, 'at most 2 s', true, '2 s'],
    [{ measure: 'seconds', most: 1.9 }, 'at most 1.9 s', false, '2 s'],
    [{ measure: 'seconds', most: 1 / 15, times: FASTEST }, 'at most 1/15 of fast (2 s)', true, '2 s'],
    [{ measure: 'seconds', most: 1, times: 'slow', strictly: true }, 'less than slow (40 s)', true, '2 s'],
    [{ measure: 'seconds', most: 0.05, times: 'slow', strictly: true }, 'less than 1/20 of slow (2 s)', false, '2 s'],
    [{ measure: 'seconds', most: 1.05, times: 'fast' }, 'at most 1.05 × fast (31.5 s)', true, '2 s'],
    [{ measure: 'memory', most: 150 }, 'at most 150 MiB of memory', true, '100 MiB of memory'],
    [{ measure: 'calls', most: 9 }, 'at most 9 calls', false, '12 calls'],
    [{ measure: 'lost', most: 0 }, 'no lines lost', true, '0 lines lost'],
  ])('%j: %s', (target, text, reached, has) => {
    expect(verdictOf(target, measured)).toEqual({ target: text, reached, has });
  });

  it.each<Target>([
    { measure: 'seconds', most: 1, times: 'gone' },
    { measure: 'cpu', most: 1 },
    { measure: 'cpu', most: 1, times: FASTEST },
  ])('%j of what was not measured has no verdict', (target) => {
    expect(verdictOf(target, measured)).toBeUndefined();
  });
});

describe('a number', () => {
  it.each<[number, Measure, string]>([
    [0.04412, 'seconds', '0.044 s'],
    [0.5, 'seconds', '0.5 s'],
    [12.345, 'seconds', '12.3 s'],
    [276_112.4, 'linesPerSecond', '276,112'],
    [0, 'lost', '0'],
    [1_024, 'memory', '1,024 MiB'],
  ])('%d of %s is shown as %s', (value, measure, text) => {
    expect(shown(value, measure)).toBe(text);
  });

  it('has its spread where that can be seen', () => {
    expect(shownSpread({ median: 2, least: 1, most: 3.5 }, 'seconds')).toBe('2 s (1–3.5)');
    expect(shownSpread({ median: 9, least: 9, most: 9 }, 'calls')).toBe('9');
    expect(shownSpread(undefined, 'calls')).toBe('–');
  });
});

const scenario: Scenario = {
  ...{ name: 'made-up', title: 'Made < up & drawn', what: 'What it is.', headline: 'seconds', latencies: [0, 25] },
  targets: [{ measure: 'seconds', most: 1 }],
  missed: 'The speed of light.',
  peers: [],
  open: async () => [],
};

function results(seconds: number, load: number): Results {
  const machine = { processor: 'p', cores: 2, memoryGib: 24, system: 's' };
  const places = [
    place({ [ACTION]: [{ seconds }], 's5cmd | tar': [{ seconds: 4 }] }),
    place({ [ACTION]: [{ seconds }], 's5cmd | tar': [{ seconds: 8 }] }, 25),
  ];
  const told = { date: '2026-01-02', quick: false, load, machine, versions: { Node: 'v24' } };
  return { scenarios: [{ scenario: 'made-up', ...told, places, leftOut: [{ what: 'rclone', why: 'no network' }] }] };
}

describe('the page', () => {
  it('says what was reached, and why what was missed is out of reach', () => {
    const good = pageText(results(0.5, 0.2), [scenario]);
    expect(good).toContain('| 25 ms | **0.5 s** | s5cmd \\| tar 8 s | at most 1 s | ✔ 0.5 s |');
    expect(good).not.toContain('The speed of light.');
    expect(good).not.toContain('busy');
    const bad = pageText(results(2, 0.2), [scenario]);
    expect(bad).toContain('✘ 2 s');
    expect(bad).toContain('The speed of light.');
  });

  it('tells a version once, and where scenarios differ, whose it is', () => {
    const [first] = results(2, 0).scenarios;
    if (first === undefined) throw new Error('no result');
    const other = { ...first, scenario: 'other', versions: { Node: 'v26' } };
    const page = pageText({ scenarios: [first, other] }, [scenario, { ...scenario, name: 'other' }]);
    expect(page).toContain('| memory | 24 GiB |');
    expect(page).toContain('| Node | v24 (made-up)<br>v26 (other) |');
  });

  it('says that the machine was busy, how it was measured and what was left out', () => {
    const page = pageText(results(2, 1.3), [scenario]);
    expect(page).toContain('> **The machine was busy**');
    expect(page).toContain('`npm run bench -- made-up`: 2026-01-02, one round, load 1.3 before.');
    expect(page).toContain('Left out: rclone (no network).');
    expect(page).toContain('- s5cmd | tar: `run s5cmd | tar`');
  });
});

describe('the picture', () => {
  const { document } = new JSDOM(pictureText(results(2, 0), [scenario]), { contentType: 'image/svg+xml' }).window;

  it('is well-formed, and has a bar for each median, in proportion', () => {
    const widths = [...document.querySelectorAll('rect.own, rect.other')].map((bar) =>
      Number(bar.getAttribute('width')),
    );
    const [most = 0] = widths.toSorted((a, b) => b - a);
    expect(widths.map((width) => Math.round((8 * width) / most))).toEqual([2, 2, 4, 8]);
    const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(texts).toEqual(expect.arrayContaining(['Made < up & drawn', ACTION, 's5cmd | tar', '2 s', '8 s']));
  });

  it('has colours for light and for dark, with a ground of its own', () => {
    const style = document.querySelector('style')?.textContent ?? '';
    const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark)');
    for (const kind of ['text', '.ground', '.own', '.other', '.faint'])
      for (const scheme of [light, dark]) expect(scheme).toContain(`${kind} {`);
  });
});
