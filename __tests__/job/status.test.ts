import { describe, expect, it } from 'vitest';
import { isEnded, type JobState, starts, type TrainingStatus, type Transition } from '../../src/core/training-job.ts';
import { outcome, spotSavings } from '../../src/job/outcome.ts';

const state = (status: TrainingStatus, given: Partial<JobState> = {}): JobState => ({
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
    if (ended) expect(outcome(state(status)).kind).toBe(status.toLowerCase());
    else expect(() => outcome(state(status))).toThrow(`has not ended: ${status}`);
  });

  it.each<[Partial<JobState>, string]>([
    [{ failureReason: 'AlgorithmError: x' }, 'AlgorithmError: x'],
    [{ failureReason: '' }, 'SageMaker gave no reason.'],
  ])('that failed has a reason: %j', (given, reason) => {
    expect(outcome(state('Failed', given))).toEqual({ kind: 'failed', reason });
  });

  it.each([
    ['MaxRuntimeExceeded', /max-run-minutes/, /Raise max-run-minutes/],
    ['MaxWaitTimeExceeded', /max-wait-minutes/, /spot to false/],
    ['Stopped', /^this step did not stop it\.$/, /CloudTrail/],
    ['', /^this step did not stop it\.$/, /CloudTrail/],
    ['SomethingNew', /^this step did not stop it\.$/, /CloudTrail/],
  ])('by stopping has a cause and a hint: %s', (secondaryStatus, reason, hint) => {
    const ended = outcome(state('Stopped', { secondaryStatus }));
    expect(ended).toEqual({
      kind: 'stopped',
      reason: expect.stringMatching(reason),
      hint: expect.stringMatching(hint),
    });
  });

  it('is a failure though the time was up too, when it is called one', () => {
    expect(outcome(state('Failed', { secondaryStatus: 'MaxRuntimeExceeded' })).kind).toBe('failed');
    expect(outcome(state('Completed', { failureReason: 'left from before' })).kind).toBe('completed');
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
