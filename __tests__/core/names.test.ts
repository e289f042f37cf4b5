import { describe, expect, it } from 'vitest';
import { fitName } from '../../src/config/aws-names.ts';
import { defaultBucket, jobName, jobNamesOf, jobUrl, logsUrl, roleName, s3Url } from '../../src/core/names.ts';
import { partition } from '../../src/core/partition.ts';
import {
  archiveName,
  inputFolder,
  manifestKey,
  outputFolder,
  sourceFolder,
  stateFolder,
  taskFolder,
} from '../../src/core/s3-layout.ts';
import { chance, textOf } from '../given.ts';

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html */
const JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const NOW = new Date('2026-01-02T03:04:05.999Z');

describe("a job's name", () => {
  it.each([
    ['p', 't', 'p-t-20260102-030405-fa1b'],
    ['my.project_1', 'train.v2', 'my-project-1-train-v2-20260102-030405-fa1b'],
    ['a..b', 'c__', 'a-b-c-20260102-030405-fa1b'],
    ['9', '0', '9-0-20260102-030405-fa1b'],
    ['UPPER', 'Case', 'UPPER-Case-20260102-030405-fa1b'],
    ['p'.repeat(128), 't'.repeat(128), `${'p'.repeat(42)}-20260102-030405-fa1b`],
    [`${'p'.repeat(41)}.x`, 't', `${'p'.repeat(41)}-20260102-030405-fa1b`],
  ])('of %s and %s', (project, task, expected) => {
    expect(jobName(project, task, NOW, 'a1b')).toBe(expected);
  });

  it('fits SageMaker, whatever names a user may give', () => {
    const next = chance(3);
    const pieces = [...'aZ09._-', '--', '..', 'word', 'x'.repeat(20)];
    for (let round = 0; round < 500; round += 1) {
      const [project, task] = [`p${textOf(next, pieces, 12)}`, `${next(10)}${textOf(next, pieces, 12)}`];
      const name = jobName(project, task, NOW, 'fff');
      expect(name).toMatch(JOB_NAME);
      expect(name.length).toBeLessThanOrEqual(63);
      expect(name).toMatch(/-20260102-030405-ffff$/);
      expect(name.startsWith(jobNamesOf(project)), `${project} ${task}`).toBe(true);
    }
  });

  it.each([
    ['p', 'p-'],
    ['my.project_1', 'my-project-1-'],
    ['x'.repeat(60), 'x'.repeat(42)],
  ])('of project %s begins with %s', (project, expected) => {
    expect(jobNamesOf(project)).toBe(expected);
  });

  it('fits SageMaker in any repository', () => {
    for (const repository of ['.github', '日本', '...', '-x-', '_', '', 'a b']) {
      expect(jobName(fitName(repository), 'x', NOW, 'fff')).toMatch(JOB_NAME);
    }
  });

  it('sorts by time', () => {
    const times = [
      '1999-12-31T23:59:59Z',
      '2025-01-02T00:00:00Z',
      '2025-01-02T00:00:00.063Z',
      '2025-01-02T00:00:00.937Z',
      '2025-01-02T00:00:01Z',
      '2025-01-02T10:00:00Z',
      '2025-10-01T00:00:00Z',
    ];
    const names = times.map((time, at) => jobName('p', 't', new Date(time), `${'fedcba9'[at]}00`));
    expect(names.toSorted()).toEqual(names);
  });

  it('keeps two of one second apart', () => {
    expect(jobName('p', 't', NOW, '001')).not.toBe(jobName('p', 't', NOW, '002'));
  });
});

describe("a role's name", () => {
  it.each(['x', 'a.b_c-d', 'x'.repeat(48), 'x'.repeat(49), 'x'.repeat(128)])('fits IAM: %s', (project) => {
    for (const prefix of ['', 'pr-7/']) expect(roleName({ prefix, project })).toMatch(/^[\w+=,.@-]{1,64}$/);
  });
  it('is plain as long as it can be', () => {
    expect(roleName({ prefix: 'team/', project: 'x'.repeat(48) })).toBe(`SimpleSagemaker-${'x'.repeat(48)}`);
    expect(roleName({ prefix: '', project: 'x'.repeat(49) })).toMatch(/^SimpleSagemaker-x{39}-[0-9a-f]{8}$/);
  });
  it('is another for another project, and the same for the same', () => {
    const projects = ['a', 'b', 'x'.repeat(49), 'x'.repeat(50), `${'x'.repeat(60)}a`, `${'x'.repeat(60)}b`];
    const names = (prefix: string): string[] => projects.map((project) => roleName({ prefix, project }));
    expect(new Set([...names(''), ...names('pr-7/')]).size).toBe(2 * projects.length);
    expect(names('')).toEqual(names('team/'));
    expect(names('pr-7/')).toEqual(names('pr-0123456789ab/'));
  });
});

describe('a place in the bucket', () => {
  const place = { prefix: 'pr-1/', project: 'p', task: 't' };
  it('is that of the contract', () => {
    expect(taskFolder(place)).toBe('pr-1/p/t/');
    expect(taskFolder({ ...place, prefix: '' })).toBe('p/t/');
    expect(stateFolder(place)).toBe('pr-1/p/t/state/');
    expect(inputFolder(place, 'data')).toBe('pr-1/p/t/input/data/');
    expect(sourceFolder(place, 'job')).toBe('pr-1/p/t/job/source/');
    expect(outputFolder(place, 'job') + archiveName('model')).toBe('pr-1/p/t/job/output/model.tar.gz');
    expect(outputFolder(place, 'job') + archiveName('output')).toBe('pr-1/p/t/job/output/output.tar.gz');
    expect(defaultBucket('eu-west-1', '123456789012')).toBe('sagemaker-eu-west-1-123456789012');
  });
  it('of the manifest is none that a worker sees', () => {
    const key = manifestKey(place, 'data');
    for (const folder of [
      inputFolder(place, 'data'),
      inputFolder(place, ''),
      stateFolder(place),
      sourceFolder(place, 'j'),
    ]) {
      expect(key.startsWith(folder)).toBe(false);
    }
    expect(key.startsWith(taskFolder(place))).toBe(true);
    expect(key.startsWith(`${taskFolder(place)}input/`)).toBe(false);
    expect(manifestKey(place, 'other')).not.toBe(key);
  });
});

describe('a region', () => {
  it.each([
    ['us-east-1', 'aws'],
    ['eu-central-2', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['cn-northwest-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
  ])('%s is of the partition %s', (region, expected) => {
    expect(partition(region)).toBe(expected);
  });
});

describe("the log's page", () => {
  it.each([
    ['eu-west-1', 'eu-west-1.console.aws.amazon.com'],
    ['cn-north-1', 'cn-north-1.console.amazonaws.cn'],
    ['us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
    ['eusc-de-east-1', 'eusc-de-east-1.console.amazonaws-eusc.eu'],
    ['us-iso-east-1', 'us-iso-east-1.console.c2s.ic.gov'],
    ['us-isob-east-1', 'us-isob-east-1.console.sc2s.sgov.gov'],
  ])('in %s is at %s', (region, host) => {
    const url = new URL(logsUrl(region, 'a-job-1'));
    expect([url.protocol, url.host, url.pathname, url.searchParams.get('region')]).toEqual([
      'https:',
      host,
      '/cloudwatch/home',
      region,
    ]);
  });
  it("names the group and the job's streams, as the console writes them", () => {
    const [group, filter] = new URL(logsUrl('us-east-1', 'a-job-1')).hash
      .replace('#logsV2:log-groups/log-group/', '')
      .split('$3F');
    const decode = (text = ''): string => decodeURIComponent(text.replaceAll('$', '%'));
    expect(decode(decode(group))).toBe('/aws/sagemaker/TrainingJobs');
    expect(decode(filter)).toBe('logStreamNameFilter=a-job-1/');
  });
});

describe('pages of the console', () => {
  it('are the job, a folder and an object, in each partition', () => {
    expect(jobUrl('us-east-1', 'a-job-1')).toBe(
      'https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/jobs/a-job-1',
    );
    expect(s3Url('cn-north-1', { bucket: 'b', key: 'p/t ä/' })).toBe(
      'https://cn-north-1.console.amazonaws.cn/s3/buckets/b?region=cn-north-1&prefix=p%2Ft%20%C3%A4%2F',
    );
    expect(s3Url('us-gov-west-1', { bucket: 'b', key: '' })).toBe(
      'https://us-gov-west-1.console.amazonaws-us-gov.com/s3/buckets/b?region=us-gov-west-1&prefix=',
    );
    expect(s3Url('us-east-1', { bucket: 'b', key: 'a/model.tar.gz' })).toMatch(/\/s3\/object\/b\?.*model\.tar\.gz$/);
  });
});
