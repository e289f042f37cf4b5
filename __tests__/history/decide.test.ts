/** What a task's earlier jobs mean for a new run. */
import { describe, expect, it } from 'vitest';
import type { DescribedJob } from '../../src/core/training-job.ts';
import {
  decide,
  type EarlierJob,
  isBefore,
  isCompletedByMarks,
  newestFirst,
  startOf,
  type Wanted,
} from '../../src/history/decide.ts';
import { factsOf } from '../given.ts';

const SAME = factsOf({ hyperparameters: 'lr=0.01' });
const OTHER = factsOf({ hyperparameters: 'lr=0.1' });
const wanted = (given: Partial<Wanted> = {}): Wanted => ({
  ...{
    facts: SAME,
    comparable: true,
    skipIf: 'unchanged',
    cleanState: false,
    by: { run: 'org/repo/17', attempt: 2 },
    ...given,
  },
});
const job = (
  name: string,
  given: Partial<EarlierJob> & { readonly facts?: typeof SAME | undefined } = {},
): EarlierJob => {
  const { facts = SAME, ...rest } = given;
  const record = {
    facts,
    by: { run: 'org/repo/16', attempt: 1, sha: undefined, pullRequest: undefined },
    pending: [],
    end: undefined,
  };
  const place = { prefix: '', project: 'p', task: 't' };
  return { name, place, ended: true, completed: true, archives: 'there', record, state: undefined, ...rest };
};
const done = (name: string) => job(name);
const different = (name: string) => job(name, { facts: OTHER });
const failed = (name: string) => job(name, { completed: false });
const running = (name: string) => job(name, { ended: false, completed: false });
const runningOther = (name: string) => job(name, { ended: false, completed: false, facts: OTHER });
const stopping = (name: string) =>
  job(name, { ended: false, completed: false, state: { status: 'Stopping' } as DescribedJob });
const gone = (name: string) => job(name, { archives: 'gone' });
const unknown = (name: string) => job(name, { record: undefined });

describe('a decision', () => {
  it.each<[string, Partial<Wanted>, EarlierJob[], EarlierJob[], string]>([
    ['nothing yet', {}, [], [], 'start: the task has not completed yet'],
    ['failed alone', {}, [failed('f')], [], 'start: the task has not completed yet'],
    ['the same', {}, [done('a')], [], 'reuse a'],
    ['the newest of the same', {}, [done('b'), done('a')], [], 'reuse b'],
    ['the same behind a failed one', {}, [failed('f'), done('a')], [], 'reuse a'],
    ['the same behind another one', {}, [different('b'), done('a')], [], 'reuse a'],
    ['another', {}, [different('a')], [], 'start: the task has changed since a: hyperparameters: lr 0.1 → 0.01'],
    ['another, content with any', { skipIf: 'completed' }, [different('a')], [], 'reuse a'],
    ['failed, content with any', { skipIf: 'completed' }, [failed('f')], [], 'start: the task has not completed yet'],
    ['never', { skipIf: 'never' }, [done('a')], [], 'start: skip-if is never'],
    ['clean', { cleanState: true }, [done('a')], [], 'start: clean-state is set'],
    ['gone', {}, [gone('a')], [], 'start: the results of a, which ran the same, are no longer in S3'],
    ['gone, and an older one', {}, [gone('b'), done('a')], [], 'reuse a'],
    ['gone, content with any', { skipIf: 'completed' }, [gone('a')], [], 'start: the results of a are no longer in S3'],
    [
      'not comparable',
      { comparable: false },
      [done('a')],
      [],
      'start: an input could not be listed, so it may have changed',
    ],
    ['not comparable, content with any', { comparable: false, skipIf: 'completed' }, [done('a')], [], 'reuse a'],
    ['of another tool', {}, [unknown('a')], [], 'start: there is no record of what a ran'],
    ['of another tool, content with any', { skipIf: 'completed' }, [unknown('a')], [], 'reuse a'],
    ['running the same', {}, [running('r'), done('a')], [], 'follow r'],
    ['running the same, never skipped', { skipIf: 'never' }, [running('r')], [], 'follow r'],
    ['running the same, clean', { cleanState: true }, [running('r')], [], 'busy r'],
    [
      'running the same, clean, of this run',
      { cleanState: true, by: { run: 'org/repo/16', attempt: 2 } },
      [running('r')],
      [],
      'follow r',
    ],
    [
      'running the same, clean, of no run',
      { cleanState: true, by: { run: '', attempt: 2 } },
      [{ ...running('r'), record: undefined }],
      [],
      'busy r',
    ],
    ['running the same, not comparable', { comparable: false }, [running('r')], [], 'busy r'],
    ['the same, which is being stopped', {}, [stopping('r'), done('a')], [], 'ending r'],
    ['the same, of which one is being stopped', {}, [stopping('s'), running('r')], [], 'follow r'],
    ['running another', {}, [runningOther('r'), done('a')], [], 'busy r'],
    ['running another and the same', {}, [runningOther('q'), running('r')], [], 'follow r'],
    ['the same of the base', {}, [], [done('m')], 'reuse m'],
    ['the same of the base, failed here', {}, [failed('f')], [done('m')], 'reuse m'],
    [
      'completed here, so the base does not count',
      {},
      [different('a')],
      [done('m')],
      'start: the task has changed since a: hyperparameters: lr 0.1 → 0.01',
    ],
    [
      'another of the base',
      {},
      [],
      [different('m')],
      'start: the task has changed since m: hyperparameters: lr 0.1 → 0.01',
    ],
    ['running in the base is nobody here', {}, [], [running('m')], 'start: the task has not completed yet'],
  ])('%s', (_what, given, jobs, base, expected) => {
    const decision = decide(wanted(given), jobs, base);
    expect(decision.kind === 'start' ? `start: ${decision.why}` : `${decision.kind} ${decision.job.name}`).toBe(
      expected,
    );
  });
});

describe('the job that a new one is compared with', () => {
  it.each<[string, Partial<Wanted>, EarlierJob[], EarlierJob[], string | undefined]>([
    ['is the newest that completed', {}, [failed('f'), different('b'), different('a')], [], 'b'],
    ['is known whatever the reason', { skipIf: 'never' }, [failed('f'), done('a')], [], 'a'],
    ['is known with an empty state', { cleanState: true }, [done('a')], [], 'a'],
    ['is of the base if none is here', {}, [failed('f')], [different('m')], 'm'],
    ['is one whose results are gone', {}, [gone('a')], [], 'a'],
    ['is none', {}, [failed('f')], [], undefined],
  ])('%s', (_what, given, jobs, base, expected) => {
    const decision = decide(wanted(given), jobs, base);
    expect(decision.kind === 'start' ? decision.compared?.name : decision.kind).toBe(expected);
  });
  it.each([
    ['p-t-20260101-000000-ffff', 'p-t-20260102-000000-0000', true],
    ['p-t-20260102-000000-0000', 'p-t-20260102-000000-0001', true],
    ['p-t-20260102-000000-0001', 'p-t-20260102-000000-0000', false],
    ['p-t-20260103-000000-0000', 'p-t-20260102-000000-0000', false],
    ['a', 'a', false],
    ['p-t-20260103-000000-0000', 'by-hand', true],
    ['by-hand', 'p-t-20260103-000000-0000', true],
  ])('%s is before %s: %s', (job, other, expected) => {
    expect(isBefore(job, other)).toBe(expected);
  });
});

describe('the order of jobs', () => {
  it.each([
    ['p-t-20260102-030405-0a1b', '20260102030405'],
    ['p-t-2026-01-02-03-04-05-678', '20260102030405'],
    ['20200101-000000-x-20260102-030405-0a1b', '20260102030405'],
    ['by-hand', ''],
    ['p-t-20260102', ''],
  ])('%s began %s', (name, start) => {
    expect(startOf(name)).toBe(start);
  });
  it('is that of their starts, whoever named them', () => {
    const names = ['by-hand', 'p-t-20260102-030405-ffff', 'p-t-20260102-030405-0000', 'p-t-2026-01-02-03-04-06-111'];
    expect(newestFirst([...names, 'p-t-20251231-235959-0000'])).toEqual([
      'p-t-2026-01-02-03-04-06-111',
      'p-t-20260102-030405-ffff',
      'p-t-20260102-030405-0000',
      'p-t-20251231-235959-0000',
      'by-hand',
    ]);
  });
});

describe('a completed job', () => {
  const NAME = 'p-t-20260102-030405-0000';
  const LATER = 'p-t-20260103-030405-0000';
  const EARLIER = 'p-t-20260101-030405-0000';
  it.each<[string, number, Record<string, string>, boolean]>([
    ['nobody marked', 2, {}, true],
    ['all marked', 2, { 'algo-1': NAME, 'algo-2': NAME }, true],
    ['one of two marked', 2, { 'algo-1': NAME }, false],
    ['the other of two marked', 2, { 'algo-2': NAME }, false],
    ['the only one marked', 1, { 'algo-1': NAME }, true],
    ['an earlier job marked', 2, { 'algo-1': EARLIER, 'algo-2': EARLIER }, true],
    ['one marked, the other by an earlier job', 2, { 'algo-1': NAME, 'algo-2': EARLIER }, false],
    ['one marked, the other by a later job since', 2, { 'algo-1': NAME, 'algo-2': LATER }, true],
    ['a later job marked all since', 2, { 'algo-1': LATER, 'algo-2': LATER }, true],
    ['a host that it had not marked', 1, { 'algo-1': NAME, 'algo-2': EARLIER }, true],
    ['something else is in the mark', 2, { 'algo-1': NAME, 'algo-2': '' }, false],
  ])('completed its task or not, where %s', (_what, hosts, marks, completed) => {
    expect(isCompletedByMarks(NAME, hosts, new Map(Object.entries(marks)))).toBe(completed);
  });
});
