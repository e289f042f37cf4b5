/**
 * The pages and the report of whole jobs, against files that a reader can look at. `vitest -u` writes them anew: look at the
 * difference before you commit it.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SUMMARY_BYTES } from '../../src/core/fit-sections.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderComment } from '../../src/report/comment.ts';
import type { JobReport } from '../../src/report/job-report.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { diagramType } from '../mermaid.ts';
import { elementsOf, liveTexts, pageOf, textOf } from './github-page.ts';
import { at, earlierJob, failedFacts, JOB, reportOf, seriesOf, stateOf } from './given-report.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
/** Of the pull request, and not GITHUB_SHA. */
const COMMIT = `89abcde${'f'.repeat(33)}`;
const HOSTILE = '</td></table><img src=x onerror=alert(1)> **b** @all #1 :x: $x$ [l](https://e.example) `c`\n\n# h';

const many = Array.from({ length: 40 }, (_, index) => seriesOf(`metric/${index + 1}`, 5));
const spot: readonly (readonly [string, number])[] = [
  ...([
    ['Starting', 1],
    ['Downloading', 300],
    ['Training', 400],
    ['Interrupted', 4000],
  ] as const),
  ...([
    ['Starting', 4060],
    ['Downloading', 5860],
    ['Training', 5940],
    ['Uploading', 12_940],
    ['Completed', 13_000],
  ] as const),
];

const REPORTS: Readonly<Record<string, JobReport>> = {
  completed: reportOf(),
  'first-run': reportOf({
    ...{ previous: undefined, why: 'the task has not completed yet', cost: undefined, series: [] },
    ...{ pins: [], results: [], inputs: new Map() },
  }),
  interrupted: reportOf({
    state: stateOf({ ended: at(13_000), trainingSeconds: 10_600, billableSeconds: 3180 }, spot),
    notices: ['Spot capacity was taken away once; SageMaker started the job again after 30 minutes.'],
  }),
  failed: buildReport(failedFacts()),
  'failed-unexplained': buildReport(
    failedFacts({
      errors: [],
      cause: 'src/data.py is in the repository, but not in "source-dir".\nAdd it to "dependencies".',
    }),
  ),
  stopped: reportOf({
    state: stateOf({ status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded', ended: at(2741) }),
    ...{ hint: 'Raise max-run-minutes, or use a faster instance type.', pins: [], results: [] },
  }),
  skipped: reportOf({ skipped: true, why: 'it completed this task with the same code, inputs and settings' }),
  gate: reportOf({
    gate: [
      { condition: 'accuracy < 0.95', metric: 'accuracy', value: 0.9132, fails: true },
      { condition: 'f1 < 0.5', metric: 'f1', value: undefined, fails: true },
      { condition: 'val_loss > 2', metric: 'val_loss', value: 0.8333, fails: false },
    ],
  }),
  'pull-request': reportOf({
    place: { prefix: 'pr-7/', project: 'repo', task: 'train' },
    previous: earlierJob('repo-train-20261130-090000-aaaa', { accuracy: 0.91 }, 'pr-7/'),
    base: earlierJob('repo-train-20261128-100000-bbbb', { accuracy: 0.9201, val_loss: 0.8 }),
  }),
  '40-metrics': reportOf({ series: many }),
  '3000-points': reportOf({ series: [seriesOf('loss', 3_000)] }),
  hostile: buildReport(
    failedFacts({
      ...{ cause: HOSTILE, notices: [HOSTILE], inputs: new Map([['run', HOSTILE]]), why: HOSTILE },
      series: [{ ...seriesOf(HOSTILE, 5), last: 1 }],
      errors: [
        {
          type: HOSTILE,
          message: HOSTILE,
          lines: HOSTILE.split('\n'),
          hosts: [HOSTILE],
          ranks: [],
          place: { file: HOSTILE, line: 1 },
        },
      ],
    }),
  ),
};

describe('the job summary', () => {
  it.each(Object.keys(REPORTS))('of "%s" is as it was looked at', async (name) => {
    await expect(renderSummary(REPORTS[name] ?? reportOf())).toMatchFileSnapshot(join(GOLDEN, `${name}.summary.md`));
  });
  it('has its charts after the metrics', () => {
    const page = renderSummary(reportOf());
    expect(page).toMatch(
      /<h4>Metrics<\/h4>\n\n<table>.*<\/table>\n\n<p>🟦.*<\/p>\n\n```mermaid\n%%\{init[^`]*```\n\n<h4>Timeline/s,
    );
  });
  it.each(Object.keys(REPORTS))('of "%s" has charts that mermaid reads', async (name) => {
    for (const page of [renderSummary(REPORTS[name] ?? reportOf()), renderComment(REPORTS[name] ?? reportOf())])
      for (const [, chart = ''] of page.matchAll(/^```mermaid\n([\s\S]*?)\n```$/gm))
        expect(await diagramType(chart)).toMatch(/^(gantt|xychart)/);
  });
});

describe('the comment', () => {
  it.each(['completed', 'failed', 'gate', 'pull-request', 'skipped', '40-metrics', 'hostile'])(
    'of "%s" is as it was looked at',
    async (name) => {
      await expect(renderComment(REPORTS[name] ?? reportOf(), COMMIT)).toMatchFileSnapshot(
        join(GOLDEN, `${name}.comment.md`),
      );
    },
  );
});

describe('the report', () => {
  it.each(['completed', 'failed', 'hostile'])('of "%s" is as docs/report.md describes it', async (name) => {
    await expect(`${JSON.stringify(REPORTS[name], null, 2)}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.json`));
  });
});

describe('a page that is too long', () => {
  const long = 'x'.repeat(3_000_000);
  const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}: <b>`);
  const huge = buildReport(
    failedFacts({
      errors: [
        {
          type: 'E',
          message: long,
          lines: [...lines, 'E: the last line'],
          hosts: ['algo-1'],
          ranks: [],
          place: undefined,
        },
      ],
      series: Array.from({ length: 500 }, (_, index) => seriesOf(`m${index}`, 5)),
      notices: Array.from({ length: 50_000 }, (_, index) => `Notice ${index}.`),
      inputs: new Map([['run', long]]),
    }),
  );
  it('has the summary within a mebibyte: what counts stays, what is left out is named', async () => {
    const page = renderSummary(huge);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(SUMMARY_BYTES);
    const text = textOf(pageOf(page));
    expect(text).toContain('repo / train: Failed');
    expect(text).toContain('E: the last line');
    expect(text).toContain(JOB);
    expect(text).toMatch(/Left out, because GitHub takes 1 MiB a step: inputs\. report\.json has everything\./);
    await expect(page).toMatchFileSnapshot(join(GOLDEN, 'too-long.summary.md'));
  });
  it('has the comment within 64,000 characters, which leave room for its first line', () => {
    const page = renderComment(huge);
    expect(page.length).toBeLessThanOrEqual(64_000);
    expect(textOf(pageOf(page))).toMatch(/repo \/ train: Failed[\s\S]*498 more metrics[\s\S]*Workflow run/);
  });
  it('is measured in bytes, not in characters', () => {
    const report = reportOf({ inputs: new Map([['run', '日'.repeat(400_000)]]) });
    const page = renderSummary(report);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(SUMMARY_BYTES);
    expect(page).toContain('inputs');
  });
});

describe('every page', () => {
  it.each(Object.entries(REPORTS))('%s: has no text that GitHub makes more of', (_name, report) => {
    for (const markdown of [renderSummary(report), renderComment(report)]) {
      const page = pageOf(markdown);
      expect(liveTexts(page)).toEqual([]);
      expect(elementsOf(page).filter(({ tagName }) => ['img', 'script', 'h1', 'em'].includes(tagName))).toEqual([]);
    }
  });
});
