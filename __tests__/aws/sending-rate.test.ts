/** How many calls a client makes in a second after a refusal: as the SDK's adaptive mode has it, at any times. */
import { DefaultRateLimiter } from '@smithy/core/retry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SendingRate } from '../../src/aws/sending-rate.ts';

const START = Date.UTC(2026, 0, 2);
const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

/** What answers come when: `refused` is the share of those that were too many. */
function answers(perSecond: number, refused: number, seed: number): { at: number; refused: boolean }[] {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  return Array.from({ length: 400 }, (_, at) => ({
    at: START + Math.round((at + random()) * (1_000 / perSecond)),
    refused: random() < refused,
  }));
}

describe('the rate', () => {
  it.each([
    [0.3, 0.5],
    [1, 0.1],
    [20, 0.02],
    [100, 0.01],
    [100, 0.3],
    [100, 1],
  ])('is the same as the SDK’s for %f answers a second, of which the share %f was refused', (perSecond, share) => {
    const theirs = new DefaultRateLimiter();
    const ours = new SendingRate(START);
    for (const { at, refused } of answers(perSecond, share, 7)) {
      vi.setSystemTime(at);
      theirs.updateClientSendingRate(refused ? { error: throttled, errorType: 'THROTTLING' } : {});
      ours.answered(refused, at);
      const { enabled, fillRate } = theirs as unknown as { enabled: boolean; fillRate: number };
      expect(ours.perSecond).toBeCloseTo(enabled ? fillRate : Number.POSITIVE_INFINITY, 5);
    }
    expect(ours.perSecond).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('has no limit before a refusal', () => {
    const rate = new SendingRate(START);
    for (let at = START; at < START + 10_000; at += 10) {
      expect(rate.take(at)).toBe(0);
      rate.answered(false, at);
    }
  });

  it('lets no more calls through than it says', () => {
    const rate = new SendingRate(START);
    let at = START;
    for (; at < START + 5_000; at += 10) rate.answered(false, at);
    rate.answered(true, at);
    const perSecond = rate.perSecond;
    expect(perSecond).toBeGreaterThan(60);
    expect(perSecond).toBeLessThan(75);
    let calls = 0;
    for (const end = at + 10_000; at < end; ) {
      const wait = rate.take(at);
      if (wait === 0) calls += 1;
      at += wait;
    }
    // Those of ten seconds, and one second's at once before.
    expect(calls).toBeLessThan(11 * perSecond + 1);
    expect(calls).toBeGreaterThan(10 * perSecond - 1);
  });
});
