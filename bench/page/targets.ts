/** Whether the action reaches what it is to reach, in words. */
import type { PlaceResult, SideResult } from '../results.ts';
import { ACTION, FASTEST, type Target } from '../scenario.ts';
import { MEASURES, median, shown } from './measures.ts';

export interface Verdict {
  /** `at most 5 × bare Node (0.21 s)` */
  readonly target: string;
  readonly reached: boolean;
  /** What the action has. */
  readonly has: string;
}

/** Undefined where the action or the side that it is compared with was not measured. */
export function verdictOf(target: Target, { sides }: PlaceResult): Verdict | undefined {
  const { measure, most, times, strictly = false } = target;
  const value = median(
    sides.find(({ name }) => name === ACTION),
    measure,
  );
  const other = times === undefined ? undefined : compared(sides, target);
  const unit = other === undefined ? 1 : median(other, measure);
  if (value === undefined || unit === undefined || (times !== undefined && other === undefined)) return undefined;
  const limit = most * unit;
  const reached = strictly ? value < limit : value <= limit;
  return { target: textOf(target, other, limit), reached, has: hasText(value, target) };
}

function compared(sides: readonly SideResult[], { times, measure }: Target): SideResult | undefined {
  if (times !== FASTEST) return sides.find(({ name }) => name === times);
  const others = sides.filter((side) => side.name !== ACTION && median(side, measure) !== undefined);
  return others.sort((a, b) => (median(a, measure) ?? 0) - (median(b, measure) ?? 0))[0];
}

function textOf({ measure, most, strictly }: Target, other: SideResult | undefined, limit: number): string {
  const bound = strictly ? 'less than' : 'at most';
  if (other === undefined) return most === 0 ? `no ${MEASURES[measure].title}` : `${bound} ${named(most, measure)}`;
  const factor = most === 1 ? '' : most < 1 ? `1/${Math.round(1 / most)} of ` : `${most} × `;
  return `${bound} ${factor}${other.name} (${shown(limit, measure)})`;
}

function hasText(value: number, { measure }: Target): string {
  return named(value, measure);
}

/** A measure without a unit is told by its name. */
function named(value: number, measure: Target['measure']): string {
  const { title, unit } = MEASURES[measure];
  return unit === ''
    ? `${shown(value, measure)} ${title}`
    : shown(value, measure) + (measure === 'memory' ? ' of memory' : '');
}
