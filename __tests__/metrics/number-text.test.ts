/** Metrics as people read them, and how they changed. */
import { describe, expect, it } from 'vitest';
import { changeText, metricText, withChange } from '../../src/metrics/number-text.ts';

describe('a metric', () => {
  it.each<[number, string]>([
    [0.9134, '0.9134'],
    [0.913_456_789, '0.91346'],
    [0.1 + 0.2, '0.3'],
    [1.2e-7, '1.2e-7'],
    [-1.234567e-7, '-1.2346e-7'],
    [0.0001, '0.0001'],
    [0.000_099, '9.9e-5'],
    [12_345, '12,345'],
    [1_234_567, '1,234,567'],
    [1_234_567.89, '1,234,568'],
    [12_345.678, '12,346'],
    [99_999.9, '100,000'],
    [1234.5678, '1,234.6'],
    [-3, '-3'],
    [0, '0'],
    [-0, '0'],
    [1e15, '1e15'],
    [1.5e300, '1.5e300'],
    [5e-324, '4.9407e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '-∞'],
  ])('%d is %s', (value, text) => {
    expect(metricText(value)).toBe(text);
  });

  it.each<[number, number | undefined, string, string]>([
    [0.91, 0.89, '▲ +0.02', '0.91 (▲ +0.02)'],
    [0.89, 0.91, '▼ -0.02', '0.89 (▼ -0.02)'],
    [0.3, 0.1 + 0.2, '=', '0.3 (=)'],
    [0, 0, '=', '0 (=)'],
    [1, 0, '▲ +1', '1 (▲ +1)'],
    [2_000, 500, '▲ +1,500', '2,000 (▲ +1,500)'],
    [1e-7, 2e-7, '▼ -1e-7', '1e-7 (▼ -1e-7)'],
    [0.91, undefined, '', '0.91'],
    [Number.NaN, 1, '', 'NaN'],
    [1, Number.NaN, '', '1'],
    [1, Number.POSITIVE_INFINITY, '', '1'],
  ])('%d after %s: %s', (value, before, change, both) => {
    expect(changeText(value, before)).toBe(change);
    expect(withChange(value, before)).toBe(both);
  });
});
