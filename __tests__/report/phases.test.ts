/** A job's phases: what SageMaker says of a job, whole or in part, as lengths of time without gaps. */
import { describe, expect, it } from 'vitest';
import { phasesOf } from '../../src/report/phases.ts';
import { chance } from '../given.ts';

const START = Date.UTC(2026, 10, 30, 12);
const at = (seconds: number): Date => new Date(START + seconds * 1000);
type Given = readonly [status: string, seconds: number | undefined];
const phases = (given: readonly Given[], created: number | null = 0, ended?: number, now = 10_000): string => {
  const transitions = given.map(([status, seconds]) => {
    return { status, message: '', at: seconds === undefined ? undefined : at(seconds) };
  });
  const times = {
    transitions,
    created: created === null ? undefined : at(created),
    ended: ended === undefined ? undefined : at(ended),
  };
  return phasesOf(times, at(now))
    .map(({ name, start, seconds }) => `${name} ${(Date.parse(start) - START) / 1000}+${seconds}`)
    .join(', ');
};
const ALL: readonly Given[] = [
  ...([
    ['Starting', 1],
    ['Pending', 2],
    ['Downloading', 60],
    ['DownloadingTrainingImage', 70],
    ['Training', 100],
    ['Uploading', 400],
    ['Completed', 420.5],
  ] as const),
];

describe('the phases', () => {
  it('of a job that completed', () => {
    expect(phases(ALL, 0, 420.5)).toBe('waiting 0+60, downloading 60+40, training 100+300, uploading 400+20.5');
  });
  it('of a spot job that was interrupted', () => {
    const given: Given[] = [
      ...ALL.slice(0, 5),
      ['Interrupted', 200],
      ['Starting', 230],
      ['Downloading', 300],
      ['Training', 330],
      ['Uploading', 500],
      ['Completed', 510],
    ];
    expect(phases(given, 0, 510)).toBe(
      'waiting 0+60, downloading 60+40, training 100+100, interrupted 200+30, waiting 230+70, downloading 300+30, ' +
        'training 330+170, uploading 500+10',
    );
  });
  it('of a job that was stopped, and of one that ran too long', () => {
    const running = ALL.slice(0, 5);
    expect(phases([...running, ['Stopping', 150], ['Uploading', 160], ['Stopped', 170]], 0, 170)).toMatch(
      /training 100\+50, stopping 150\+10, uploading 160\+10$/,
    );
    expect(phases([...running, ['MaxRuntimeExceeded', 170]], 0, 170)).toMatch(/training 100\+70$/);
  });
  it('of a job that never got instances', () => {
    expect(
      phases(
        [
          ['Starting', 0.5],
          ['MaxWaitTimeExceeded', 3600],
        ],
        0,
        3600,
      ),
    ).toBe('waiting 0+3600');
    expect(phases([['Failed', 3]], 0, 3)).toBe('waiting 0+3');
  });
  it('of a job in progress reach to now', () => {
    expect(phases(ALL.slice(0, 5), 0, undefined, 130)).toBe('waiting 0+60, downloading 60+40, training 100+30');
    expect(phases([], 0, undefined, 7)).toBe('waiting 0+7');
  });
  it('end with the last status if nothing says when the job ended', () => {
    expect(phases(ALL, 0)).toMatch(/uploading 400\+20\.5$/);
  });
  it('have no gaps if times are missing', () => {
    expect(phases(ALL, null, 420.5)).toMatch(/^waiting 1\+59, /);
    expect(phases([...ALL.slice(0, 4), ['Training', undefined], ...ALL.slice(5)], 0, 420.5)).toBe(
      'waiting 0+60, downloading 60+340, uploading 400+20.5',
    );
    expect(
      phases(
        ALL.map(([status]) => [status, undefined] as const),
        null,
        420,
      ),
    ).toBe('');
    expect(phases([], null)).toBe('');
  });
  it('are never negative, whatever the clocks say', () => {
    expect(
      phases(
        [
          ['Starting', -5],
          ['Training', 100],
          ['Uploading', 90],
          ['Completed', 80],
        ],
        0,
        95,
      ),
    ).toBe('waiting 0+95');
    expect(
      phases(
        [
          ['Training', 100],
          ['Uploading', 90],
        ],
        0,
        120,
      ),
    ).toBe('waiting 0+100, uploading 100+20');
  });
  it('know no status that AWS has not yet', () => {
    expect(
      phases(
        [
          ['Starting', 0],
          ['Dreaming', 5],
          ['constructor', 6],
          ['Training', 9],
        ],
        0,
        20,
      ),
    ).toBe('waiting 0+9, training 9+11');
  });
  it('add up to the whole time, for any order of any statuses', () => {
    const next = chance(7);
    const names = [...ALL.map(([name]) => name), 'Interrupted', 'Stopping', 'Stopped', 'Other'];
    for (let round = 0; round < 2_000; round += 1) {
      const transitions = Array.from({ length: next(12) }, () => {
        return { status: names[next(names.length)] ?? '', message: '', at: next(5) === 0 ? undefined : at(next(500)) };
      });
      const found = phasesOf({ transitions, created: at(next(20)), ended: at(next(600)) }, at(700));
      for (const [index, { start, seconds }] of found.entries()) {
        expect(seconds).toBeGreaterThan(0);
        const following = found[index + 1];
        if (following !== undefined)
          expect(Date.parse(start) + Math.round(seconds * 1000)).toBe(Date.parse(following.start));
        expect(following?.name).not.toBe(found[index]?.name);
      }
    }
  });
});
