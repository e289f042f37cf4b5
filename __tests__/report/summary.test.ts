/** What the job summary says of a job, and what it leaves out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS } from '../../src/config/inputs.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { renderComment } from '../../src/report/comment.ts';
import type { JobReport } from '../../src/report/job-report.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { elementsOf, pageOf, textOf } from './github-page.ts';
import { at, earlierJob, factsFor, failedFacts, reportOf, seriesOf, stateOf } from './given-report.ts';

/** The text that a reader sees, with a blank between two parts. */
const shown = (markdown: string): string =>
  textOf(pageOf(markdown.replaceAll('</', ' </').replaceAll('<br>', ' ')))
    .replaceAll('\u00a0', ' ')
    .replace(/ +/g, ' ');
const page = (given: Partial<JobReport> = {}): string => shown(renderSummary({ ...reportOf(), ...given }));
const links = (markdown: string): Record<string, string> =>
  Object.fromEntries(
    elementsOf(pageOf(markdown))
      .filter(({ tagName }) => tagName === 'a')
      .map((link) => [textOf(link), link.attrs.find(({ name }) => name === 'href')?.value ?? '']),
  );

describe('the headline', () => {
  const job = reportOf().job;
  it.each([
    ['Completed', '✅ repo / train: Completed'],
    ['Failed', '❌ repo / train: Failed'],
    ['Stopped', '⏹️ repo / train: Stopped'],
    ['InProgress', '⏳ repo / train: in progress'],
  ])('of %s is "%s"', (status, text) => {
    expect(page({ job: { ...job, status } }).startsWith(text)).toBe(true);
  });
  it('says that fail-if fails a job that completed', () => {
    const gate = [{ condition: 'a < 1', metric: 'a', value: 0.5, fails: true }];
    expect(page({ gate })).toMatch(/^❌ repo \/ train: Completed, but fail-if fails/);
    expect(page({ gate, skipped: true })).toMatch(/^❌ repo \/ train: skipped, but fail-if fails/);
    expect(page({ gate: [{ condition: 'a < 1', metric: 'a', value: 2, fails: false }] })).toMatch(/^✅/);
  });
});

describe('a skipped task', () => {
  it('names the job and its date, why, and the same page as that job has', () => {
    const text = page({ skipped: true, why: 'it completed this task' });
    expect(text).toMatch(
      /^⏭️ repo \/ train: skipped\s+Skipped: took the results of repo-train-20261130-120000-0a1b of 2026-11-30 12:00 UTC, because it completed this task\. This step started no job\./,
    );
    for (const part of ['Instances', 'Metrics', 'Timeline', 'Results', 'Inputs']) expect(text).toContain(part);
    expect(text).not.toContain('What changed');
  });
});

describe('a failure', () => {
  it('shows the true error first, where it is in the repository, and on which instances', () => {
    const text = shown(renderSummary(buildReport(failedFacts())));
    expect(text).toMatch(
      /^❌ repo \/ train: Failed\s+\[!CAUTION\]\s+KeyError in src\/train\.py:12 on algo-1 , algo-2 : 'bill_dpeth_mm'/,
    );
    const found = links(renderSummary(buildReport(failedFacts())));
    expect(found['src/train.py:12']).toBe(
      'https://github.com/org/repo/blob/0123456789abcdef0123456789abcdef01234567/src/train.py#L12',
    );
  });
  it('links to no line without a commit, and keeps a path as it is', () => {
    const errors = [
      { type: 'E', message: 'm', lines: [], hosts: [], ranks: [], place: { file: 'a b/ü#?.py', line: 3 } },
    ];
    const run = { ...factsFor().run, sha: '' };
    expect(links(renderSummary(buildReport(failedFacts({ errors, run }))))).not.toHaveProperty('a b/ü#?.py:3');
    expect(links(renderSummary(buildReport(failedFacts({ errors }))))['a b/ü#?.py:3']).toMatch(
      /\/a%20b\/%C3%BC%23%3F\.py#L3$/,
    );
  });
  it('shows five errors of many, and the hosts of many in short', () => {
    const errors = Array.from({ length: 8 }, (_, index) => {
      return {
        type: `E${index}`,
        message: '',
        lines: [],
        hosts: ['1', '2', '3', '4', '5', '6'],
        ranks: [],
        place: undefined,
      };
    });
    const text = shown(renderSummary(buildReport(failedFacts({ errors }))));
    expect(text).toContain('E4');
    expect(text).not.toContain('E5');
    expect(text).toContain('The log has 3 more.');
    expect(text).toContain('1 , 2 , 3 , 4 and 2 more');
  });
  it('without an error of the worker shows what SageMaker says', () => {
    const markdown = renderSummary(buildReport(failedFacts({ errors: [], cause: 'The file is in the repository.' })));
    expect(markdown.match(/<details>/g)).toHaveLength(1);
    expect(shown(markdown)).toMatch(
      /AlgorithmError: [\s\S]*KeyError: 'bill_dpeth_mm'[\s\S]*The file is in the repository\./,
    );
  });
});

describe('the facts', () => {
  it('are those that are known', () => {
    const text = page({
      ...{ trainingSeconds: undefined, billableSeconds: undefined, spotSavings: undefined, cost: undefined },
      ...{ phases: [], job: { ...reportOf().job, created: undefined }, metrics: [], results: [], inputs: {} },
      ...{ previous: undefined, why: '' },
    });
    expect(text).not.toMatch(/Billed|Cost|Time|Started|Metrics|Results|Inputs|What changed|undefined|NaN/);
    expect(text).toContain('Instances 2 × ml.g5.xlarge (spot)');
  });
  it.each([
    [751, 2504, 70, '12 m 31 s of 41 m 44 s (spot saved 70 %)'],
    [60, 60, undefined, '1 m'],
    [60, 60, 0, '1 m'],
    [60, undefined, undefined, '1 m'],
    [90_061, 90_061, undefined, '25 h 1 m 1 s'],
  ])('say what is billed: %s of %s seconds', (billableSeconds, trainingSeconds, spotSavings, text) => {
    expect(page({ billableSeconds, trainingSeconds, spotSavings })).toContain(`Billed ${text} `);
  });
  it('have the cost as an estimate with its date', () => {
    expect(page()).toContain(
      'about 0.59 USD (on demand 1.96 USD): an estimate by the price list of 2026-09-21, without storage and taxes',
    );
  });
  it('add the phases up', () => {
    const phases = [
      { name: 'waiting', start: at(0).toISOString(), seconds: 10 },
      { name: 'training', start: at(10).toISOString(), seconds: 100.4 },
      { name: 'interrupted', start: at(110).toISOString(), seconds: 5 },
      { name: 'training', start: at(115).toISOString(), seconds: 60 },
    ] as const;
    expect(page({ phases })).toContain('2 m 55 s: 10 s waiting, 2 m 40 s training (2 times), 5 s interrupted');
  });
});

describe('the comparison', () => {
  const previous = earlierJob('repo-train-20261129-180300-1f2e', { accuracy: 0.9 }, 'pr-7/');
  const base = earlierJob('repo-train-20261101-000000-bbbb', { accuracy: 0.95 });
  it('is with the last run in the summary, and with the base in the comment', () => {
    const report = reportOf({ previous, base });
    expect(shown(renderSummary(report))).toMatch(/Change Last run\s.*0\.9132 +▲ \+0\.0132 \(\+1\.5 %\) 0\.9 /s);
    expect(shown(renderComment(report))).toMatch(/Change Base\s.*0\.9132 +▼ −0\.0368 \(−3\.9 %\) 0\.95 /s);
    expect(shown(renderComment(report))).toContain(`Base: ${base.name} of 2026-11-01 00:00 UTC`);
  });
  it('is with what there is', () => {
    expect(shown(renderSummary(reportOf({ previous: undefined, base })))).toContain('Change Base');
    expect(shown(renderComment(reportOf({ previous })))).toContain('Change Last run');
    const alone = reportOf({ previous: undefined });
    expect(shown(renderSummary(alone)) + shown(renderComment(alone))).not.toMatch(/Change\b|Last run|Base/);
  });
  it('leaves out what only counts the values, also where the other job has it alone', () => {
    const counted = { ...seriesOf('loss', 3), axis: 'epoch' as const };
    const count = { ...seriesOf('epoch', 3), axis: 'epoch' as const };
    const other = earlierJob('repo-train-20261129-180300-1f2e', { loss: 0.9, epoch: 3 });
    for (const series of [[count, counted], [counted]]) {
      const report = reportOf({ previous: other, series });
      for (const page of [renderSummary(report), renderComment(report)]) {
        expect(shown(page)).toContain('Change Last run');
        expect(page).not.toContain('<td><code>epoch</code></td>');
      }
    }
    expect(shown(renderSummary(reportOf({ series: [count] })))).toMatch(/Metric Last.*epoch/s);
  });
  it('has no columns if the two jobs have no metric in common', () => {
    const other = earlierJob('repo-train-20261129-180300-1f2e', { else: 1 });
    expect(shown(renderSummary(reportOf({ previous: other })))).not.toMatch(/Last run/);
    expect(shown(renderComment(reportOf({ previous: other })))).not.toMatch(/Last run/);
  });
  it('says what changed, and why the job ran if that is not why', () => {
    expect(page()).toMatch(
      /Changed since repo-train-20261129-180300-1f2e of 2026-11-29 18:03 UTC:\s+hyperparameters: lr 0\.1 → 0\.01/,
    );
    expect(page()).not.toContain('This job ran because');
    expect(page({ why: 'skip-if is never' })).toContain('This job ran because skip-if is never.');
    const same = reportOf({ facts: previous.record?.facts });
    expect(shown(renderSummary(same))).toContain('Nothing that counts has changed since');
  });
});

describe('the results', () => {
  it('are counted, measured and linked', () => {
    const text = page();
    expect(text).toContain('logs: 2 files, 17.8 KiB, in sagemaker-output/train/logs');
    expect(text).toMatch(
      /model: 3 files, 43\.1 MiB, in \S+ · archive in S3 \(39\.1 MiB\) · artifact repo-train-model \(39\.4 MiB\)/,
    );
    const found = links(renderSummary(reportOf()));
    expect(found['repo-train-model']).toBe('https://github.com/org/repo/actions/runs/17/artifacts/4711');
    expect(found['SageMaker job']).toMatch(/#\/jobs\/repo-train-20261130-120000-0a1b$/);
  });
  it('are in S3 if they were not downloaded', () => {
    expect(shown(renderSummary(reportOf({ results: [] })))).toContain('model: archive in S3 (39.1 MiB)');
  });
});

describe('the comment', () => {
  it('ends with its links, the time of its update and the commit', () => {
    const text = shown(renderComment(reportOf(), `89abcde${'0'.repeat(33)}`));
    expect(text).toMatch(
      /Workflow run · SageMaker job · CloudWatch logs · S3 folder · artifacts: repo-train-model\s+Updated 2026-11-30 12:46 UTC for 89abcde\s*$/,
    );
    expect(links(renderComment(reportOf()))['Workflow run']).toBe(
      'https://github.com/org/repo/actions/runs/17/attempts/2',
    );
  });
  it('of a skipped task says whose results it took', () => {
    expect(shown(renderComment(reportOf({ skipped: true })))).toContain(
      'Results of repo-train-20261130-120000-0a1b of 2026-11-30 12:00 UTC',
    );
  });
  it('of a stopped job says why', () => {
    const state = stateOf({ status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' });
    const text = shown(renderComment(reportOf({ state, hint: 'Raise max-run-minutes.' })));
    expect(text).toMatch(/\[!WARNING\]\s+it ran longer than max-run-minutes\.\s+Raise max-run-minutes\./);
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
