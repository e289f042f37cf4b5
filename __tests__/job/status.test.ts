import { describe, expect, it } from 'vitest';
import {
  hadInstances,
  isEnded,
  type JobState,
  lackedCapacity,
  starts,
  type TrainingStatus,
  type Transition,
} from '../../src/core/training-job.ts';
import { outcome, spotSavings } from '../../src/job/outcome.ts';

const state = (status: TrainingStatus, given: Partial<JobState> = {}): JobState & { name: string } => ({
  name: 'job-1',
  status,
  secondaryStatus: status,
  transitions: [],
  failureReason: '',
  trainingSeconds: undefined,
  billableSeconds: undefined,
  arn: 'arn',
  created: undefined,
  ended: undefined,
  ...given,
});
const at = (status: string, message = ''): Transition => ({ status, message, at: undefined });

describe('an end', () => {
  it.each<[TrainingStatus, boolean]>([
    ['Completed', true],
    ['Failed', true],
    ['Stopped', true],
    ['InProgress', false],
    ['Stopping', false],
    ['Deleting', false],
  ])('%s: %s', (status, ended) => {
    expect(isEnded(state(status))).toBe(ended);
    if (ended) expect(outcome(state(status), []).kind).toBe(status.toLowerCase());
    else expect(() => outcome(state(status), [])).toThrow(`has not ended: ${status}`);
  });

  it.each<[Partial<JobState>, string]>([
    [{ failureReason: 'AlgorithmError: x' }, 'AlgorithmError: x'],
    [{ failureReason: '' }, 'SageMaker gave no reason.'],
  ])('that failed has a reason: %j', (given, reason) => {
    expect(outcome(state('Failed', given), [])).toEqual({ kind: 'failed', reason });
  });

  it.each([
    ['MaxRuntimeExceeded', /max-run-minutes/, /Raise max-run-minutes/],
    ['MaxWaitTimeExceeded', /max-wait-minutes/, /name more types in instance-type, or set spot to prefer or false/],
    ['Stopped', /^this step did not stop it\.$/, /CloudTrail/],
    ['', /^this step did not stop it\.$/, /CloudTrail/],
    ['SomethingNew', /^this step did not stop it\.$/, /CloudTrail/],
  ])('by stopping has a cause and a hint: %s', (secondaryStatus, reason, hint) => {
    const ended = outcome(state('Stopped', { secondaryStatus }), []);
    expect(ended).toEqual({
      kind: 'stopped',
      reason: expect.stringMatching(reason),
      hint: expect.stringMatching(hint),
    });
  });

  it('is a failure though the time was up too, when it is called one', () => {
    expect(outcome(state('Failed', { secondaryStatus: 'MaxRuntimeExceeded' }), []).kind).toBe('failed');
    expect(outcome(state('Completed', { failureReason: 'left from before' }), []).kind).toBe('completed');
  });
});

const TRAINED = [at('Starting'), at('Downloading'), at('Training')];

describe('an end without instances', () => {
  it.each<[string, readonly Transition[], boolean]>([
    ['nothing', [], false],
    ['waiting', [at('Starting')], false],
    ['waiting in a queue', [at('Pending'), at('Starting')], false],
    ['a stop while it waited', [at('Starting'), at('Stopping'), at('Stopped')], false],
    ['its time over while it waited', [at('Starting'), at('Stopping'), at('MaxWaitTimeExceeded')], false],
    ['no capacity on demand', [at('Starting'), at('Failed')], false],
    ['its data', [at('Starting'), at('Downloading')], true],
    ['training', TRAINED, true],
    ['an interruption', [...TRAINED, at('Interrupted'), at('Starting')], true],
    ['what SageMaker may call it one day', [at('Starting'), at('Warming')], true],
  ])('had instances after %s', (_what, transitions, had) => {
    expect(hadInstances(state('InProgress', { transitions }))).toBe(had);
  });

  const CAPACITY = 'CapacityError: Unable to provision requested ML compute capacity. Please retry.';
  it.each<[TrainingStatus, Partial<JobState>, boolean]>([
    ['Failed', { failureReason: CAPACITY, transitions: [at('Starting'), at('Failed')] }, true],
    ['Failed', { failureReason: CAPACITY, transitions: TRAINED }, false],
    ['Failed', { failureReason: `AlgorithmError: ${CAPACITY}`, transitions: [at('Starting')] }, false],
    ['Failed', { failureReason: 'ClientError: no image', transitions: [at('Starting')] }, false],
    ['Stopped', { secondaryStatus: 'MaxWaitTimeExceeded', transitions: [at('Starting')] }, true],
    ['Stopped', { secondaryStatus: 'MaxWaitTimeExceeded', transitions: TRAINED }, false],
    ['Stopped', { secondaryStatus: 'Stopped', transitions: [at('Starting')] }, false],
    ['InProgress', { failureReason: CAPACITY, transitions: [at('Starting')] }, false],
  ])('%s %j lacked capacity: %s', (status, given, lacked) => {
    expect(lackedCapacity(state(status, given))).toBe(lacked);
  });

  it('is told with what was tried, if this job was tried in vain', () => {
    const tried = [
      { instanceTypes: ['ml.p3.2xlarge'], spot: true, result: 'no capacity in 15 min', job: 'job-0' },
      { instanceTypes: ['ml.g5.xlarge'], spot: true, result: 'no capacity in 15 min', job: 'job-1' },
    ];
    const stopped = state('Stopped', { transitions: [at('Starting'), at('Stopped')] });
    expect(outcome(stopped, tried)).toEqual({
      kind: 'no instances',
      reason:
        'no instances for the task:\n- ml.p3.2xlarge (spot): no capacity in 15 min\n- ml.g5.xlarge (spot): no capacity in 15 min',
      hint: expect.stringContaining('name more types in "instance-type"'),
    });
    // Somebody else stopped it.
    expect(outcome(stopped, tried.slice(0, 1)).kind).toBe('stopped');
    const failed = state('Failed', { failureReason: CAPACITY, transitions: [at('Starting')] });
    expect(outcome(failed, [])).toMatchObject({
      kind: 'no instances',
      reason: `no instances for the task: ${CAPACITY}`,
    });
    expect(outcome(state('Failed', { failureReason: 'ClientError: x' }), tried.slice(0, 1)).kind).toBe('failed');
  });

  it.each([
    ['MaxWaitTimeExceeded', /Raise max-wait-minutes, or set spot to false\. The next job begins with the state/],
    ['MaxRuntimeExceeded', /Raise max-run-minutes, .* The next job begins with the state/],
  ])('has another remedy after some training: %s', (secondaryStatus, hint) => {
    const ended = outcome(state('Stopped', { secondaryStatus, transitions: TRAINED }), []);
    expect(ended).toMatchObject({ kind: 'stopped', hint: expect.stringMatching(hint) });
  });
});

describe('what spot saves', () => {
  it.each<[number | undefined, number | undefined, number | undefined]>([
    [1000, 300, 70],
    [3, 1, 67],
    [3, 2, 33],
    [100, 100, 0],
    [100, 0, 100],
    [1, 0, 100],
    [0, 0, undefined],
    [undefined, undefined, undefined],
    [100, undefined, undefined],
    [undefined, 100, undefined],
  ])('of %s trained and %s billed seconds: %s percent', (trainingSeconds, billableSeconds, percent) => {
    expect(spotSavings(state('Completed', { trainingSeconds, billableSeconds }))).toBe(percent);
  });
});

describe("a job's life", () => {
  const looks: Transition[][] = [
    [],
    [at('Starting', 'Starting')],
    [at('Starting', 'Preparing')],
    [at('Starting', 'Preparing'), at('Downloading', 'd'), at('Training', 't')],
    [at('Starting', 'Preparing'), at('Downloading', 'd'), at('Training', 't')],
    [
      at('Starting', 'Preparing'),
      at('Downloading', 'd'),
      at('Training', 't'),
      at('Interrupted', 'i'),
      at('Starting', 'Preparing'),
      at('Training', 't'),
    ],
  ];
  it('counts how often containers were started', () => {
    expect(looks.map((transitions) => starts(state('InProgress', { transitions })))).toEqual([0, 0, 0, 1, 1, 2]);
  });
});
