/** Runs the sides of a scenario in turn: a warm-up, then rounds, each of which another side begins. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PlaceResult, Sample } from './results.ts';
import type { Run, Side } from './scenario.ts';
import type { Place } from './servers/aws.ts';

const LONGEST_SYNC_MS = 30_000;

export interface Plan {
  readonly rounds: number;
  readonly warmUp: boolean;
  readonly say: (text: string) => void;
}

export async function runRounds(sides: readonly Side[], place: Place, plan: Plan): Promise<PlaceResult> {
  const runs = sides.map((): Sample[] => []);
  for (let round = plan.warmUp ? 0 : 1; round <= plan.rounds; round += 1) {
    for (const at of turns(sides.length, round)) {
      const side = sides[at];
      if (side === undefined) continue;
      const sample = await runOne(side, { round, place });
      plan.say(
        `  ${place.latency} ms, ${round === 0 ? 'warm-up' : `round ${round}`}, ${side.name}: ${JSON.stringify(sample)}`,
      );
      runs[at]?.push(sample);
    }
  }
  const sideResults = sides.map(({ name, command }, at) => ({
    name,
    command,
    runs: kept(runs[at] ?? [], plan.warmUp),
  }));
  return { latency: place.latency, sides: sideResults };
}

/** The sides' numbers in the order of their turns: each round begins with the next one. */
export function turns(sides: number, round: number): number[] {
  return Array.from({ length: sides }, (_, at) => (at + round) % sides);
}

/** Without the warm-up, but with what only the warm-up counted: how many calls there were, in their order. */
function kept(runs: readonly Sample[], warmUp: boolean): Sample[] {
  const [first, ...others] = runs;
  if (!warmUp || first === undefined) return [...runs];
  const { calls } = first;
  return others.map((run) => (calls === undefined ? run : { calls, ...run }));
}

/** What the last side wrote is on the disk before, but where somebody else writes on and on. */
async function runOne(side: Side, run: Run): Promise<Sample> {
  await Promise.race([promisify(execFile)('sync'), sleep(LONGEST_SYNC_MS, undefined, { ref: false })]);
  const sample = await side.run(run);
  return Object.fromEntries(Object.entries(sample).map(([measure, value]) => [measure, rounded(value)]));
}

/** To four digits: more are noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
