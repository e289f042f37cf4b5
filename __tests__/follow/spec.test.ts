/** Until when the step follows its job: what is asked for, or what a runner of GitHub's allows. */
import { describe, expect, it } from 'vitest';
import { type FollowSpec, followUntil } from '../../src/follow/spec.ts';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const MINUTE = 60_000;
const ago = (minutes: number): Date => new Date(NOW - minutes * MINUTE);

describe('the step follows its job', () => {
  it.each<[string, Partial<FollowSpec>, { isHosted: boolean; jobStart?: Date }, number]>([
    ['to its end', {}, { isHosted: false }, Number.POSITIVE_INFINITY],
    [
      'to its end, on a runner of one’s own since hours',
      {},
      { isHosted: false, jobStart: ago(400) },
      Number.POSITIVE_INFINITY,
    ],
    ['not at all', { wait: false }, { isHosted: true, jobStart: ago(5) }, 0],
    ['for the minutes asked for', { waitSeconds: 600 }, { isHosted: false }, 10],
    [
      'for the minutes asked for, on a runner of GitHub’s too',
      { waitSeconds: 600 },
      { isHosted: true, jobStart: ago(300) },
      10,
    ],
    ['until 345 minutes after the start of the workflow job', {}, { isHosted: true, jobStart: ago(45) }, 300],
    ['for 345 minutes if that start is not known', {}, { isHosted: true }, 345],
    ['no longer, 350 minutes after that start', {}, { isHosted: true, jobStart: ago(350) }, 0],
  ])('%s', (_what, spec, { isHosted, jobStart }, minutes) => {
    const given: FollowSpec = { wait: true, waitSeconds: undefined, onCancel: 'stop', ...spec };
    expect((followUntil(given, { isHosted, jobStart }, NOW) - NOW) / MINUTE).toBe(minutes);
  });
});
