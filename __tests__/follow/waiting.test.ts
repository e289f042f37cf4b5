/** Quiet minutes: what is said, and how often. */
import { describe, expect, it } from 'vitest';
import type { DescribedJob } from '../../src/core/training-job.ts';
import { awaited, Silence } from '../../src/follow/waiting.ts';

const MINUTE = 60_000;

/** A job in this status for six minutes. */
function job(secondaryStatus: string, message = ''): DescribedJob {
  return {
    ...{ name: 'j', status: 'InProgress', secondaryStatus, failureReason: '', arn: '', imageUri: '', spot: true },
    ...{
      instanceTypes: ['ml.p3.2xlarge'],
      chosen: true,
      instanceCount: 2,
      outputPath: '',
      compression: 'gzip',
      kmsKey: undefined,
      created: undefined,
      ended: undefined,
      stateUri: '',
      codeUri: '',
    },
    ...{ trainingSeconds: undefined, billableSeconds: undefined, metrics: new Map(), announcesProgram: true },
    transitions: [{ status: secondaryStatus, message, at: new Date(4 * MINUTE) }],
  };
}

describe('what is awaited', () => {
  const QUIET = { now: 10 * MINUTE, changed: 6 * MINUTE, lastLine: 8 * MINUTE, isSettingUp: false, isReadable: true };
  it.each<[string, string, string]>([
    ['Starting', 'Starting the training job', 'Still waiting for capacity: 2 × ml.p3.2xlarge (spot), 6 min.'],
    [
      'Starting',
      'Insufficient capacity error from EC2 while launching instances, retrying!',
      'Still waiting for capacity: 2 × ml.p3.2xlarge (spot), 6 min.',
    ],
    ['Pending', '', 'Still waiting for capacity: 2 × ml.p3.2xlarge (spot), 6 min.'],
    ['Interrupted', '', 'Still waiting for capacity: 2 × ml.p3.2xlarge (spot), 6 min.'],
    ['Starting', 'Preparing the instances for training', 'Still preparing 2 × ml.p3.2xlarge (spot), 4 min.'],
    ['Downloading', 'Downloading input data', 'Still downloading the input data, 4 min.'],
    ['Downloading', 'Downloading the training image', 'Still downloading the training image, 4 min.'],
    ['DownloadingTrainingImage', '', 'Still downloading the training image, 4 min.'],
    ['Training', '', 'The program has printed nothing for 2 min.'],
    ['Uploading', '', 'Still uploading model and output, 4 min.'],
    ['Stopping', '', 'Still stopping, 4 min. The program has two minutes to end.'],
    ['Updating', '', 'Still Updating, 4 min.'],
    ['', '', 'Still InProgress, 4 min.'],
  ])('in %s (%s)', (status, message, text) => {
    expect(awaited({ ...QUIET, job: job(status, message) })).toBe(text);
  });

  it('depends on what is known', () => {
    expect(awaited({ ...QUIET, job: undefined })).toBe("Still waiting for SageMaker's answer, 4 min.");
    expect(awaited({ ...QUIET, job: job('Training'), lastLine: undefined })).toBe(
      'The program has printed nothing for 4 min.',
    );
    // A line of the start before an interruption.
    expect(awaited({ ...QUIET, job: job('Training'), lastLine: 5 * MINUTE })).toBe(
      'The program has printed nothing for 4 min.',
    );
    expect(awaited({ ...QUIET, job: job('Training'), isSettingUp: true })).toBe(
      'The set-up has printed nothing for 2 min.',
    );
    expect(awaited({ ...QUIET, job: job('Training'), isReadable: false })).toBe('Still training, 4 min.');
    expect(awaited({ ...QUIET, job: job('Starting'), now: 187 * MINUTE })).toMatch(/, 3 h 3 min\.$/);
  });
});

describe('it is said', () => {
  const saidOf = (silence: Silence, from: number, to: number): number[] => {
    const said: number[] = [];
    for (let now = from; now <= to; now += 1_000) if (silence.due(now)) said.push(now / MINUTE);
    return said;
  };

  it('after 1, 2, 5 and 10 minutes, then every ten', () => {
    expect(saidOf(new Silence(0), 0, 45 * MINUTE)).toEqual([1, 2, 5, 10, 20, 30, 40]);
    // A job that is quiet for twenty hours.
    expect(saidOf(new Silence(0), 0, 1_200 * MINUTE)).toHaveLength(123);
  });

  it('from the start again after something was printed', () => {
    const silence = new Silence(0);
    expect(saidOf(silence, 0, 6 * MINUTE)).toEqual([1, 2, 5]);
    silence.end(6 * MINUTE);
    expect(saidOf(silence, 6 * MINUTE, 9 * MINUTE)).toEqual([7, 8]);
    expect(silence.due(11 * MINUTE)).toBe(true);
  });

  it('once, however late', () => {
    const silence = new Silence(0);
    expect(silence.due(3.5 * MINUTE)).toBe(true);
    expect([silence.due(4 * MINUTE), silence.due(5 * MINUTE)]).toEqual([false, true]);
  });
});
