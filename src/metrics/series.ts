/** A metric over time. */

import type { Metrics } from '../core/training-job.ts';

/** Numbers that a worker prints beside a metric, by which its values are in order. */
export const AXES = ['epoch', 'global_step', 'step', 'iteration'] as const;
export type AxisName = (typeof AXES)[number];

/** The axis of a metric that has none of these beside it. */
export const SECONDS = 'seconds';

/** `at`: the point's place on the series' axis. */
export interface MetricPoint {
  readonly at: number;
  readonly value: number;
}

export interface MetricSeries {
  readonly name: string;
  /** NaN or infinite if the worker printed that last; `report.json` then has null. */
  readonly last: number;
  /** Of the finite values. NaN if there was none. */
  readonly min: number;
  readonly max: number;
  /** How many values there were. */
  readonly count: number;
  /** What `at` counts. `seconds`: since training began. */
  readonly axis: AxisName | typeof SECONDS;
  /** In order of time; some of them if there were many, always with the first, last, least and greatest finite one. */
  readonly points: readonly MetricPoint[];
}

/** A metric of which only the last value is known. */
function singleValue(name: string, value: number): MetricSeries {
  const points = Number.isFinite(value) ? [{ at: 0, value }] : [];
  const [{ value: extreme } = { value: Number.NaN }] = points;
  return { name, last: value, min: extreme, max: extreme, count: 1, axis: SECONDS, points };
}

/** The series of all metrics, sorted by name. `found` are those with points; of the others only the last value is known. */
export function completeSeries(metrics: Metrics, found: readonly MetricSeries[]): MetricSeries[] {
  const known = new Map(found.map((series) => [series.name, series]));
  return [...metrics]
    .map(([name, value]) => known.get(name) ?? singleValue(name, value))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
