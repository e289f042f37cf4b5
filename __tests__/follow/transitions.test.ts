/** When a change of the job's status is shown among the lines of its log. */
import { describe, expect, it } from 'vitest';
import type { JobState, Transition } from '../../src/core/training-job.ts';
import { changeText, statusLine } from '../../src/follow/status-line.ts';
import { type Change, Changes, type LogProgress } from '../../src/follow/transitions.ts';

/** Statuses with their times in seconds and their messages. */
type Status = readonly [status: string, at: number, message?: string];

function job(...statuses: Status[]): JobState {
  const transitions = statuses.map(
    ([status, at, message = '']): Transition => ({ status, message, at: new Date(at * 1_000) }),
  );
  return {
    ...{ status: 'InProgress', secondaryStatus: '', failureReason: '', arn: '' },
    ...{ trainingSeconds: undefined, billableSeconds: undefined, created: undefined, ended: undefined, transitions },
  };
}

const shown = (changes: readonly Change[]): string[] => changes.map(changeText);
const READING: LogProgress = { isComplete: false, isBehind: false };
const BEFORE: Status[] = [
  ['Starting', 0],
  ['Downloading', 10],
  ['Training', 20],
];

describe('a change', () => {
  it('before the start of the program is shown at once', () => {
    expect(shown(new Changes().take(job(...BEFORE), 30_000))).toEqual(['Starting', 'Downloading', 'Training']);
  });

  it('is shown once, each message of a status too, whatever comes back', () => {
    const changes = new Changes();
    const looks = ['a', 'b', 'b', 'a', 'b', 'c'].map((message) =>
      shown(changes.take(job(['Starting', 0, message]), 9_000)),
    );
    expect(looks).toEqual([['Starting: a'], ['Starting: b'], [], [], [], ['Starting: c']]);
    expect(shown(changes.take(job(['Starting', 0, 'c'], ['Downloading', 8]), 9_000))).toEqual(['Downloading']);
  });

  it('of a message has the time when it was seen, and not after the next status', () => {
    const changes = new Changes();
    changes.take(job(['Starting', 0, 'a']), 1_000);
    expect(changes.take(job(['Starting', 0, 'b']), 7_000)).toMatchObject([{ at: 7_000 }]);
    expect(changes.take(job(['Starting', 0, 'c'], ['Downloading', 8]), 12_000)).toMatchObject([
      { at: 8_000, message: 'c' },
      { at: 8_000 },
    ]);
  });

  it('after the program waits until the log is complete', () => {
    const changes = new Changes();
    expect(shown(changes.take(job(...BEFORE, ['Uploading', 30], ['Completed', 40]), 41_000))).toHaveLength(3);
    expect(changes.due(42_000, 41_500, READING)).toEqual([]);
    expect(changes.before(29_000)).toEqual([]);
    // The instance's clock is fast.
    expect(changes.before(31_000)).toEqual([]);
    expect(shown(changes.due(43_000, 42_000, { ...READING, isComplete: true }))).toEqual(['Uploading', 'Completed']);
    expect(changes.all()).toEqual([]);
  });

  it('waits for a few seconds, and longer only while older lines are being read', () => {
    const changes = new Changes();
    changes.take(job(...BEFORE, ['Uploading', 30]), 31_000);
    expect(changes.due(35_000, 20_000, READING)).toEqual([]);
    changes.take(job(...BEFORE, ['Uploading', 30], ['Completed', 34]), 35_500);
    expect(changes.due(90_000, 88_000, { ...READING, isBehind: true })).toEqual([]);
    expect(shown(changes.due(36_500, 20_000, READING))).toEqual(['Uploading']);
    expect(changes.due(37_000, 20_000, READING)).toEqual([]);
    // The log is not being read: CloudWatch does not answer.
    expect(shown(changes.due(95_000, 88_000, { ...READING, isBehind: true }))).toEqual(['Completed']);
  });

  it('of a job that has ended waits until its log was read to the end', () => {
    const changes = new Changes();
    changes.take({ ...job(...BEFORE, ['Uploading', 30], ['Completed', 34]), status: 'Completed' }, 35_000);
    expect(changes.due(45_000, 20_000, READING)).toEqual([]);
    expect(shown(changes.all())).toEqual(['Uploading', 'Completed']);
    // It cannot be read.
    changes.take({ ...job(...BEFORE, ['Uploading', 30], ['Failed', 34]), status: 'Failed' }, 35_000);
    expect(shown(changes.due(35_000, 0, { ...READING, isComplete: true }))).toEqual(['Failed']);
  });

  it('during the program is shown before a newer line', () => {
    const changes = new Changes();
    changes.take(job(...BEFORE, ['Stopping', 30]), 31_000);
    expect(changes.before(29_999)).toEqual([]);
    expect(shown(changes.before(30_000))).toEqual(['Stopping']);
    expect(changes.before(30_001)).toEqual([]);
  });

  it('of a restart is shown before the lines of the new start', () => {
    const changes = new Changes();
    const restart: Status[] = [
      ['Uploading', 28],
      ['Interrupted', 30],
      ['Starting', 31],
      ['Downloading', 50],
      ['Training', 60],
      ['Uploading', 90],
    ];
    expect(shown(changes.take(job(...BEFORE, ...restart), 91_000))).toHaveLength(3);
    expect(changes.before(29_000)).toEqual([]);
    expect(shown(changes.before(61_000))).toEqual(['Uploading', 'Interrupted', 'Starting', 'Downloading', 'Training']);
    expect(changes.before(95_000)).toEqual([]);
    expect(shown(changes.all())).toEqual(['Uploading']);
  });

  it('without a time waits as any other', () => {
    const changes = new Changes();
    const [training] = job(['Training', 20]).transitions;
    const transitions = [...(training ? [training] : []), { status: 'Stopping', message: '', at: undefined }];
    changes.take({ ...job(), transitions }, 30_000);
    expect(changes.before(90_000)).toEqual([]);
    expect(changes.due(35_000, 0, READING)).toMatchObject([{ status: 'Stopping', at: undefined }]);
  });
});

describe('its line', () => {
  it.each<[number | undefined, number | undefined, string]>([
    [0, 0, '[00:00:00] text'],
    [1_000, 73_999, '[00:01:12] text'],
    [0, 3_600_000 * 120 + 61_000, '[120:01:01] text'],
    [5_000, 0, '[00:00:00] text'],
    [undefined, 5_000, 'text'],
    [5_000, undefined, 'text'],
  ])('has the time since the job’s creation: %s, %s', (since, at, line) => {
    expect(statusLine(since, at, 'text')).toBe(line);
  });

  it.each([
    ['', 'Failed'],
    ['AlgorithmError: x', 'Failed: AlgorithmError: x'],
    ['AlgorithmError: x\nTraceback\n', 'Failed: AlgorithmError: x'],
    ['x\u2028::error::y', 'Failed: x'],
  ])('has the first line of the message: %j', (message, text) => {
    expect(changeText({ status: 'Failed', message, at: undefined })).toBe(text);
  });
});
