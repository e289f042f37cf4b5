/** How values are shown on a page. */

import { duration } from '../core/format.ts';
import { metricText } from '../metrics/number-text.ts';
import type { CostEstimate, JobReport } from './job-report.ts';

/**
 * `▲ +0.02 (+2.4 %)`: from the value before to this one, without a blank at which a line breaks. `=` if they look the same.
 * Empty if one of them is no number.
 */
export function differenceText(before: number, now: number): string {
  const difference = now - before;
  if (!Number.isFinite(difference)) return '';
  if (difference === 0 || metricText(before) === metricText(now)) return '=';
  const [arrow, sign] = difference > 0 ? ['▲', '+'] : ['▼', '−'];
  const percent = (Math.abs(difference) / Math.abs(before)) * 100;
  const part = before === 0 || percent >= 1000 ? '' : ` (${sign}${percent.toFixed(percent < 10 ? 1 : 0)} %)`;
  return `${arrow} ${sign}${metricText(Math.abs(difference))}${part}`.replaceAll(' ', '\u00a0');
}

/** `1 h 2 m 5 s`, and `5 m` without seconds; below 10 seconds with tenths: `0.4 s`. */
export function secondsText(seconds: number): string {
  const text = duration(seconds < 9.95 ? Number(seconds.toFixed(1)) : Math.round(seconds));
  return text.replace(/(?<=[hm])(?: 0 m)? 0 s$/, '');
}

/** `2026-11-30 12:05 UTC`. */
export function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Dollars as words, because GitHub takes two `$` in a line for a formula. At least a cent is shown. */
export function usdText(usd: number): string {
  return usd > 0 && usd < 0.01 ? 'less than 0.01 USD' : `${usd.toFixed(2)} USD`;
}

/** `about 0.12 USD (on demand 0.40 USD)`. */
export function costText({ usd, onDemandUsd }: CostEstimate): string {
  const [paid, full] = [usdText(usd), usdText(onDemandUsd)];
  const onDemand = onDemandUsd > usd && full !== paid ? ` (on demand ${full})` : '';
  return `${usd > 0 && usd < 0.01 ? '' : 'about '}${paid}${onDemand}`;
}

/** `12 m 19 s of 41 m 3 s (spot saved 70 %)`. Empty if SageMaker does not say. */
export function billedText(report: Pick<JobReport, 'billableSeconds' | 'trainingSeconds' | 'spotSavings'>): string {
  const { billableSeconds, trainingSeconds = billableSeconds, spotSavings = 0 } = report;
  if (billableSeconds === undefined) return '';
  const whole = trainingSeconds === billableSeconds ? '' : ` of ${secondsText(trainingSeconds ?? 0)}`;
  return secondsText(billableSeconds) + whole + (spotSavings > 0 ? ` (spot saved ${spotSavings} %)` : '');
}
