/** A metric over time. */

/** `at`: seconds since the metric's first value. */
export interface MetricPoint {
  readonly at: number;
  readonly value: number;
}

export interface MetricSeries {
  readonly name: string;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  /** How many values there were. */
  readonly count: number;
  /** In order of time; some of them if there were many, always with the first, last, least and greatest. */
  readonly points: readonly MetricPoint[];
}
