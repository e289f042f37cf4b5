/** The step to paste: YAML that a workflow reads as it was meant. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { collectingStep, type LeftJob } from '../../src/report/come-back.ts';

const LEFT: LeftJob = {
  job: 'churn-train-20260301-100000-ab12',
  task: 'train',
  project: 'churn',
  region: 'eu-west-1',
  role: undefined,
  action: 'org/simple-sagemaker-action@v1',
};

describe('the step to paste', () => {
  it('names the job and where it is', () => {
    expect(collectingStep(LEFT)).toBe(
      [
        '- uses: org/simple-sagemaker-action@v1',
        '  with:',
        '    task: train',
        '    project: churn',
        '    job-name: churn-train-20260301-100000-ab12',
        '    aws-region: eu-west-1',
      ].join('\n'),
    );
  });
  it.each<Partial<LeftJob>>([
    { task: '1.0' },
    { task: 'on', project: 'null' },
    { task: '1e3', project: '-' },
    { role: 'arn:aws:iam::123456789012:role/train' },
  ])('is read as it was meant: %j', (given) => {
    const left = { ...LEFT, ...given };
    const inputs: Record<string, string> = { task: left.task, project: left.project, 'job-name': left.job };
    inputs['aws-region'] = left.region;
    if (left.role !== undefined) inputs['role-to-assume'] = left.role;
    expect(parse(collectingStep(left))).toEqual([{ uses: left.action, with: inputs }]);
  });
});
