/** Metrics as people read them. */

const DIGITS = 5;
/** Smaller numbers are shown with an exponent. */
const SMALLEST = 1e-4;
/** From here on a number has no decimals, and is not rounded further. */
const WHOLE = 10 ** DIGITS;
/** Larger ones are shown with an exponent. */
const LARGEST = 1e15;
/** Two numbers that differ by less, relative to their size, differ by how computers count. */
const ROUNDING = 1e-12;

/** `0.9134`, `12,345`, `1.2e-7`, `NaN`, `∞`: up to five digits, or the whole number. */
export function metricText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALLEST || size >= LARGEST))
    return value.toExponential(DIGITS - 1).replace(/\.?0*e\+?/, 'e');
  const rounded = Number(value.toPrecision(DIGITS));
  const shown = Number.isInteger(value) || size >= WHOLE ? Math.round(value) : rounded;
  return (shown === 0 ? 0 : shown).toLocaleString('en', { maximumFractionDigits: 2 * DIGITS });
}

/**
 * `▲ +0.02`, `▼ -1,234`, or `=`: how the metric changed. Empty if there is no number before or now. Whether a change is good
 * is not known.
 */
export function changeText(value: number, before: number | undefined): string {
  if (before === undefined || !Number.isFinite(value) || !Number.isFinite(before)) return '';
  const change = value - before;
  if (Math.abs(change) <= ROUNDING * Math.max(Math.abs(value), Math.abs(before))) return '=';
  return change > 0 ? `▲ +${metricText(change)}` : `▼ ${metricText(change)}`;
}

/** `0.91 (▲ +0.02)`, or the value alone. */
export function withChange(value: number, before: number | undefined): string {
  const change = changeText(value, before);
  return change === '' ? metricText(value) : `${metricText(value)} (${change})`;
}
