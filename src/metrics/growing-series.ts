/** A metric's values while they arrive, in bounded memory. */

import { KeptPoints, type TimedPoint } from './kept-points.ts';
import { AXES, type AxisName, type MetricSeries, SECONDS } from './series.ts';

/** What a worker printed. `time`: milliseconds since 1970, by the instance's clock. */
export interface PrintedValue extends TimedPoint {
  /** The numbers of `AXES` in the same line, in their order. NaN for one that is not there. */
  readonly beside: readonly number[];
}

/** A job, for the places of its values in time. */
export interface JobTimes {
  /** When training began, in milliseconds since 1970. Undefined if that is unknown. */
  readonly began: number | undefined;
  /** How often its instances were started again. */
  readonly restarts: number;
}

/** How many of an axis' steps go up. */
const NEARLY = 0.8;

/** How one of the numbers beside the values went from each value to the next. */
interface Course {
  last: number;
  rises: number;
  falls: number;
  /** Whether a value lacked it. */
  hasGaps: boolean;
}

export class GrowingSeries {
  readonly #name: string;
  readonly #kept = new KeptPoints<PrintedValue>();
  readonly #courses: Course[] = AXES.map(() => ({ last: Number.NaN, rises: 0, falls: 0, hasGaps: false }));
  #latest: PrintedValue | undefined;
  #count = 0;
  #min = Number.NaN;
  #max = Number.NaN;

  constructor(name: string) {
    this.#name = name;
  }

  /** `printed.value` may be NaN or infinite. */
  add(printed: PrintedValue): void {
    this.#count += 1;
    // A line can be found after a later one.
    if (this.#latest === undefined || printed.time >= this.#latest.time) this.#latest = printed;
    if (!Number.isFinite(printed.value)) return;
    this.#min = Number.isNaN(this.#min) ? printed.value : Math.min(this.#min, printed.value);
    this.#max = Number.isNaN(this.#max) ? printed.value : Math.max(this.#max, printed.value);
    this.#kept.add(printed);
    for (const [at, course] of this.#courses.entries()) follow(course, printed.beside[at] ?? Number.NaN);
  }

  /** The newest value, which can be NaN or infinite. */
  get last(): number {
    return this.#latest?.value ?? Number.NaN;
  }

  series({ began, restarts }: JobTimes): MetricSeries {
    const kept = this.#kept.points;
    const axis = this.#axis(restarts);
    const at = axis === undefined ? -1 : AXES.indexOf(axis);
    const start = began ?? kept[0]?.time ?? 0;
    const place = ({ time, beside }: PrintedValue): number => beside[at] ?? Math.max(0, time - start) / 1000;
    return {
      name: this.#name,
      last: this.last,
      min: this.#min,
      max: this.#max,
      count: this.#count,
      axis: axis ?? SECONDS,
      points: kept.map((point) => ({ at: place(point), value: point.value })),
    };
  }

  /**
   * The first of `AXES` that every value has and that goes up with nearly every one, but for new starts of the job. An
   * epoch with many values, or a step that counts from zero in each epoch, puts the values in no order.
   */
  #axis(restarts: number): AxisName | undefined {
    return AXES.find((_, at) => {
      const course = this.#courses[at];
      if (course === undefined || course.hasGaps || this.#kept.count === 0) return false;
      const steps = this.#kept.count - 1 - course.falls;
      return course.falls <= restarts && course.rises >= NEARLY * steps;
    });
  }
}

function follow(course: Course, next: number): void {
  if (!Number.isFinite(next)) course.hasGaps = true;
  if (next > course.last) course.rises += 1;
  if (next < course.last) course.falls += 1;
  course.last = next;
}
