/** A scenario from its preparation to its results. */
import { mkdirSync, rmSync } from 'node:fs';
import { machine } from './machine.ts';
import type { Options } from './options.ts';
import type { LeftOut, PlaceResult, ScenarioResult } from './results.ts';
import { runRounds } from './rounds.ts';
import type { Scenario, Side } from './scenario.ts';
import type { Aws } from './servers/aws.ts';
import type { Tools } from './tools.ts';

export interface Means {
  readonly tools: Tools;
  readonly aws: Aws;
  /** For the scenario alone. It is removed in the end. */
  readonly folder: string;
  readonly options: Options;
  /** The machine's, before the bench. */
  readonly load: number;
  readonly say: (text: string) => void;
}

export async function measureScenario(scenario: Scenario, means: Means): Promise<ScenarioResult> {
  const { tools, aws, folder, options, say } = means;
  const ends: (() => Promise<void>)[] = [];
  say(`${scenario.name}: ${scenario.title}`);
  mkdirSync(folder);
  try {
    await aws.runJobs(false);
    const bench = {
      quick: options.quick,
      tools,
      aws,
      folder,
      atEnd: (end: () => Promise<void>) => void ends.push(end),
    };
    const measured = await measureSides(scenario, await scenario.open(bench), means);
    for (const { what, why } of measured.leftOut) say(`  left out: ${what}: ${why}`);
    const date = new Date().toISOString().slice(0, 10);
    return {
      scenario: scenario.name,
      date,
      quick: options.quick,
      load: means.load,
      machine: machine(),
      versions: tools.versions,
      ...measured,
    };
  } finally {
    for (const end of ends) await end();
    aws.removeAllObjects();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureSides(
  scenario: Scenario,
  all: readonly Side[],
  { tools, aws, options, say }: Means,
): Promise<Pick<ScenarioResult, 'places' | 'leftOut'>> {
  const { quick } = options;
  const sides = all.filter(({ peer }) => peer === undefined || tools.peers.has(peer));
  const missing = all.filter((side) => !sides.includes(side));
  const leftOut: LeftOut[] = missing.map(({ name, peer }) => ({ what: name, why: whyMissing(tools, peer ?? '') }));
  if (tools.versitygw === undefined)
    leftOut.push({ what: 'a fast S3 server', why: `${whyMissing(tools, 'versitygw')}; the stand-in has the objects` });
  const rounds = quick ? options.rounds : options.rounds * (scenario.repeat ?? 1);
  const places: PlaceResult[] = [];
  for (const latency of scenario.latencies) {
    const place = await aws.place(latency);
    if (place === undefined) leftOut.push({ what: `${latency} ms`, why: whyMissing(tools, 'toxiproxy') });
    else {
      const there = sides.filter(({ onlyNear }) => latency === 0 || onlyNear === undefined);
      places.push(await runRounds(there, place, { rounds, warmUp: !quick, say }));
      for (const { name, onlyNear } of sides)
        if (latency > 0 && onlyNear !== undefined) leftOut.push({ what: `${name} at ${latency} ms`, why: onlyNear });
    }
  }
  return { places, leftOut };
}

function whyMissing({ missing }: Tools, name: string): string {
  return missing.find(({ what }) => what === name)?.why ?? 'unknown';
}
