/** Numbers as people read them. */
import { describe, expect, it } from 'vitest';
import { costText, differenceText, secondsText, timeText, usdText } from '../../src/report/shown.ts';

const difference = (before: number, now: number): string => differenceText(before, now).replaceAll('\u00a0', ' ');

describe('a difference', () => {
  it.each([
    [0.9, 0.92, '▲ +0.02 (+2.2 %)'],
    [0.5, 0.25, '▼ −0.25 (−50 %)'],
    [-1, -2, '▼ −1 (−100 %)'],
    [0, 3, '▲ +3'],
    [1e-6, 5, '▲ +5'],
    [2, 2, '='],
    [0.3, 0.1 + 0.2, '='],
    [1, Number.NaN, ''],
  ])('from %d to %d is %s', (before, now, text) => {
    expect(difference(before, now)).toBe(text);
  });
  it('has no blank at which a line breaks', () => {
    expect(differenceText(1, 2)).not.toContain(' ');
  });
});

describe('money', () => {
  it.each([
    [0, '0.00 USD'],
    [0.004, 'less than 0.01 USD'],
    [0.01, '0.01 USD'],
    [12.345, '12.35 USD'],
  ])('%d is shown as %s', (usd, text) => {
    expect(usdText(usd)).toBe(text);
  });
  it('is compared with the price on demand if that is more', () => {
    const cost = { hourlyUsd: 1, pricesOf: 'x' };
    expect(costText({ ...cost, usd: 0.3, onDemandUsd: 1 })).toBe('about 0.30 USD (on demand 1.00 USD)');
    expect(costText({ ...cost, usd: 1, onDemandUsd: 1 })).toBe('about 1.00 USD');
    expect(costText({ ...cost, usd: 0.001, onDemandUsd: 0.002 })).toBe('less than 0.01 USD');
  });
});

describe('a length of time', () => {
  it.each([
    [0, '0 s'],
    [0.04, '0 s'],
    [0.26, '0.3 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.6, '1 m'],
    [3_599.7, '1 h'],
    [3_605, '1 h 0 m 5 s'],
    [3_660, '1 h 1 m'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(secondsText(seconds)).toBe(text);
  });
});

describe('a time', () => {
  it('is in UTC, to the minute', () => {
    expect(timeText('2026-11-30T12:05:59.999Z')).toBe('2026-11-30 12:05 UTC');
  });
});
