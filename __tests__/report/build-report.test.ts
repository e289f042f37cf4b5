/** The report as data: what the stages of the step know, and nothing that is secret. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../src/core/redact.ts';
import { completeSeries } from '../../src/metrics/series.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { JobReport } from '../../src/report/job-report.ts';
import { earlierJob, factsFor, failedFacts, JOB, reportOf, seriesOf, stateOf } from './given-report.ts';
import { schemaProblems } from './report-schema.ts';

describe('the report', () => {
  it('is data: what is written is what is read', () => {
    for (const report of [
      reportOf(),
      buildReport(failedFacts()),
      reportOf({ series: completeSeries(new Map([['a', Number.NaN]]), []) }),
    ]) {
      expect(schemaProblems(JSON.parse(JSON.stringify(report)))).toEqual([]);
      const written = JSON.parse(JSON.stringify(report)) as unknown;
      expect(written).toEqual(JSON.parse(JSON.stringify(structuredClone(report))));
    }
  });
  it('has no secret anywhere, wherever it came from', () => {
    const secret = 'hunter22-hunter22';
    const redact = new Redactor([secret]).redact;
    const given = failedFacts({
      ...{
        redact,
        why: secret,
        cause: `a${secret}`,
        hint: secret,
        notices: [secret],
        inputs: new Map([['run', secret]]),
      },
      errors: [
        {
          type: secret,
          message: secret,
          lines: [secret],
          hosts: [secret],
          ranks: [],
          place: { file: secret, line: 1 },
        },
      ],
      series: [{ ...seriesOf(secret, 2), name: secret }],
      gate: [{ condition: secret, metric: secret, value: 1, fails: true }],
      previous: earlierJob('before', { [secret]: 1 }),
      results: [{ result: 'model', path: secret, files: 1, bytes: 1, artifact: { name: secret, bytes: 1, id: 1 } }],
      state: stateOf({
        status: 'Failed',
        failureReason: secret,
        imageUri: secret,
        outputPath: `s3://bucket/${secret}`,
      }),
    });
    const text = JSON.stringify(buildReport(given));
    expect(text).toContain('***');
    expect(text).not.toContain(secret);
  });
  it('has no failure of a job that completed', () => {
    expect(reportOf().failure).toBeUndefined();
    expect(buildReport(failedFacts({ cause: 'why', hint: 'do' })).failure).toMatchObject({ cause: 'why', hint: 'do' });
  });
  it('compares with jobs of other tools too', () => {
    const previous = {
      ...earlierJob('theirs', {}),
      record: undefined,
      state: stateOf({ metrics: new Map([['a', 1]]) }),
    };
    expect(reportOf({ previous }).previous).toEqual({
      ...{ job: 'theirs', prefix: '', created: undefined, changes: undefined, metrics: { a: 1 } },
    });
    const dated = { ...previous, name: 'task-2026-01-02-03-04-05-678' };
    expect(reportOf({ previous: dated }).previous?.created).toBe('2026-01-02T03:04:05.000Z');
    expect(reportOf({ previous: { ...previous, name: 'p-t-20260102-030405-abcd' } }).previous?.created).toBe(
      '2026-01-02T03:04:05.000Z',
    );
    expect(reportOf({ previous: { ...previous, name: 'p-t-20269999-999999-abcd' } }).previous?.created).toBeUndefined();
  });
  it('says nothing of changes if it is not recorded what ran', () => {
    expect(reportOf({ facts: undefined }).previous?.changes).toBeUndefined();
    expect(reportOf().previous?.changes).toEqual(['hyperparameters: lr 0.1 → 0.01']);
  });
  it('lists results that are somewhere', () => {
    const artifact = undefined;
    const results = [
      { result: 'logs', path: 'out/logs', files: 1, bytes: 5, artifact },
      { result: 'output', path: 'out/output', files: 0, bytes: 0, artifact },
      { result: 'state', path: 'out/state', files: 2, bytes: 7, artifact },
    ] as const;
    expect(
      reportOf({ results }).results.map(({ result, path, files, archiveBytes }) => [result, path, files, archiveBytes]),
    ).toEqual([
      ['logs', 'out/logs', 1, undefined],
      ['model', '', 0, 41_000_000],
      ['state', 'out/state', 2, undefined],
    ]);
    const [logs, model, state] = reportOf({ results }).results;
    expect([logs?.uri, logs?.url]).toEqual(['', '']);
    expect(model?.uri).toBe(`s3://sagemaker-us-east-1-123456789012/repo/train/${JOB}/output/model.tar.gz`);
    expect(state?.url).toMatch(/\/s3\/buckets\/.*prefix=repo%2Ftrain%2Fstate%2F$/);
  });
});

describe('the links', () => {
  const run = factsFor().run;
  it("lead to the server's run, attempt and files", () => {
    const { links } = reportOf({ run: { ...run, url: 'https://git.corp.example/org/repo/actions/runs/17' } });
    expect(links.run).toBe('https://git.corp.example/org/repo/actions/runs/17/attempts/2');
    expect(links.files).toBe(`https://git.corp.example/org/repo/blob/${run.sha}/`);
    expect(reportOf({ run: { ...run, attempt: 0 } }).links.run).toBe('https://github.com/org/repo/actions/runs/17');
  });
  it('are empty where nothing is known', () => {
    const none = { ...run, url: undefined, sha: '' };
    const { links, results } = reportOf({
      run: none,
      state: stateOf({ outputPath: '', stateUri: '' }),
      region: 'cn-north-1',
    });
    expect([links.run, links.files, links.s3, results[1]?.artifact?.url]).toEqual(['', '', '', '']);
    expect(links.job).toMatch(/^https:\/\/cn-north-1\.console\.amazonaws\.cn\/sagemaker\//);
    expect(reportOf({ state: stateOf({ outputPath: 's3://Not_A_Bucket/x' }) }).links.s3).toBe('');
  });
});

describe('docs/report.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'report.md'), 'utf8');
  it('has an example that is one', () => {
    const example = JSON.parse(/## An example[\s\S]*```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '') as JobReport;
    expect(schemaProblems(example)).toEqual([]);
    expect(example).toMatchObject({ version: 1, project: 'penguins', job: { status: 'Completed' } });
  });
});
