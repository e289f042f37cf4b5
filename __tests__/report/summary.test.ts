/** The summary, read as GitHub reads it: HTML blocks in Markdown, in which nothing hostile comes alive. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS } from '../../src/config/inputs.ts';
import { renderSummary, type SummaryFacts } from '../../src/report/summary.ts';

const FACTS: SummaryFacts = {
  task: 'train',
  project: 'p',
  job: 'p-train-1',
  status: 'Completed',
  skipped: false,
  reason: '',
  instances: '2 × ml.m5.large (spot)',
  tried: [],
  image: 'registry/image:tag',
  trainingSeconds: 100,
  billableSeconds: 30,
  spotSavings: 70,
  logsUrl: 'https://x.console.aws.amazon.com/cloudwatch/home?region=x#logsV2:log-groups',
  metrics: new Map(),
  results: [],
};
const page = (given: Partial<SummaryFacts> = {}): string => renderSummary({ ...FACTS, ...given });
/** What a browser makes of the character references. */
const shown = (html: string): string =>
  html.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
const pre = (text: string): string | undefined => /<pre>([\s\S]*)<\/pre>/.exec(text)?.[1];

const HOSTILE = [
  '<script>alert(1)</script>',
  '</pre><img src=x onerror=alert(1)>',
  '</td></tr></table><h1>x</h1>',
  '<!-- never closed',
  '&lt;b&gt; &amp;',
  '"quoted" \'single\'',
  '[text](https://evil.example)',
  '![image](https://evil.example/x.png)',
  '<https://evil.example>',
  'https://evil.example',
  '**bold** _it_ ~~gone~~ `code`',
  '@everyone #1 org/repo#2',
  '| a | b |\n|---|---|',
  'one\n\n# heading\n\n- list\n\n```\nfence',
  'a\r\n\r\nb',
  ':rocket: \\*',
  '::error::x',
];

describe('hostile text', () => {
  it.each(HOSTILE)('%j is text wherever it stands', (text) => {
    const made = page({
      ...{ status: 'Failed', reason: text, image: text, job: text, instances: text, logsUrl: text },
      results: [{ result: text, files: 1, path: text }],
    });
    const tags = made.match(/<[^>]*>/g) ?? [];
    for (const tag of tags)
      expect(tag).toMatch(/^<(\/?(pre|table|tr|td|th|ul|li|code|a)|th align="left"|a href="[^"<>]*")>$/);
    const without = made.replace(/<[^>]*>/g, '');
    expect(without).not.toMatch(/[<>]/);
    expect(without).not.toMatch(/&(?!#\d+;)/);
    expect(made).not.toMatch(/\]\(|!\[|\*\*|~~|@|::|https?:\/\//);
    expect(shown(pre(made) ?? '')).toBe(text);
    expect(shown(made)).toContain(`<code>${text}</code>`);
  });

  it.each(HOSTILE)('%j in a heading is one line of text', (text) => {
    const made = page({ task: text, project: text, status: text });
    expect(made.split('\n')[0]?.replace(/^### \S+ /, '')).not.toMatch(/[<>[\]*_`@\r]/);
    expect(shown(made.split('\n')[0] ?? '')).toContain(`${text} / ${text}: ${text}`);
    expect(made.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1);
  });

  it('leaves each HTML block whole: a blank line would end it', () => {
    const made = page({
      status: 'Failed',
      reason: HOSTILE.join('\n\n'),
      results: [{ result: 'model', files: 2, path: 'a\n\nb' }],
    });
    const blocks = made.trim().split(/\n\n/);
    expect(blocks.map((block) => /^(###|<pre>|<table>|<ul>)/.exec(block)?.[1])).toEqual([
      '###',
      '<pre>',
      '<table>',
      '<ul>',
    ]);
    expect(blocks.map((block) => block.includes('\n'))).toEqual([false, false, false, false]);
    expect(made.match(/<\/?pre>/g)).toEqual(['<pre>', '</pre>']);
  });
});

describe('the page', () => {
  it.each([
    ['Completed', '✅'],
    ['Failed', '❌'],
    ['Stopped', '⏹️'],
  ])('of %s begins with %s', (status, icon) => {
    expect(page({ status }).startsWith(`### ${icon} p / train: ${status}`)).toBe(true);
  });
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 m 0 s'],
    [3599, '59 m 59 s'],
    [3600, '1 h 0 m 0 s'],
    [90_061, '25 h 1 m 1 s'],
  ])('shows %s seconds as %s', (trainingSeconds, text) => {
    expect(page({ trainingSeconds })).toContain(`<td>${text}</td>`);
  });
  it('leaves out what is not known', () => {
    const made = page({ trainingSeconds: undefined, billableSeconds: undefined, spotSavings: undefined });
    expect(made).not.toMatch(/Training|Billed|undefined|NaN|<pre>|<ul>/);
  });
  it.each([
    [70, true],
    [0, false],
    [undefined, false],
  ])('tells what spot saved: %s', (spotSavings, told) => {
    expect(page({ spotSavings }).includes('spot saved')).toBe(told);
  });
  it('tells what was tried before, a line each', () => {
    const made = page({ tried: ['ml.p3.2xlarge (spot): no capacity in 15 min', 'a <b>: c'] });
    expect(shown(made)).toContain('ml.p3.2xlarge (spot): no capacity in 15 min');
    expect(made.match(/<br>/g)).toHaveLength(1);
    expect(made).not.toContain('<b>');
    expect(page({ tried: [] })).not.toContain('Tried before');
  });
  it('counts files', () => {
    const made = page({
      results: [
        { result: 'model', files: 1, path: 'm' },
        { result: 'output', files: 2, path: 'o' },
      ],
    });
    expect(made).toContain('<li>model: 1 file in <code>m</code></li>');
    expect(made).toContain('<li>output: 2 files in <code>o</code></li>');
  });
  it('links to the log as it is', () => {
    expect(shown(/href="([^"]*)"/.exec(page())?.[1] ?? '')).toBe(FACTS.logsUrl);
  });
});

describe('action.yml', () => {
  const root = join(import.meta.dirname, '..', '..');
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { description?: string; required?: boolean; default?: unknown }>;
    outputs: Record<string, { description?: string; value?: unknown }>;
    runs: Record<string, string>;
  };
  it('has the inputs in the order in which mistakes are told', () => {
    expect(Object.keys(action.inputs)).toEqual([...INPUTS]);
  });
  it('has defaults that are strings, as GitHub takes them, and one input that is required', () => {
    for (const { default: value } of Object.values(action.inputs))
      expect(['undefined', 'string']).toContain(typeof value);
    expect(
      Object.entries(action.inputs)
        .filter(([, { required }]) => required === true)
        .map(([name]) => name),
    ).toEqual(['task']);
  });
  it('describes everything', () => {
    for (const { description = '' } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
      expect(description).toMatch(/\S\.?$/);
  });
  it('names bundles that are there', () => {
    for (const path of [action.runs['main'], action.runs['post']])
      expect(readFileSync(join(root, path ?? ''), 'utf8')).not.toBe('');
  });
});
