/** What runs measured, as `docs/performance.json` keeps it. The page and its picture are drawn from nothing else. */

/** By name; their units are in page/measures.ts. */
export type Measure =
  /** Wall time, in seconds. */
  | 'seconds'
  /** The most that any one process had resident, in MiB. */
  | 'memory'
  /** Seconds of processors, of the command alone. */
  | 'cpu'
  /** Requests to AWS's APIs. */
  | 'calls'
  | 'callsPerSecond'
  | 'linesPerSecond'
  /** Lines of a log that were not printed. */
  | 'lost'
  /** Seconds from the moment a line was printed on an instance until it was printed here: the median. */
  | 'lag'
  /** …of the slowest of a hundred. */
  | 'worstLag';

/** What one run measured. */
export type Sample = Readonly<Partial<Record<Measure, number>>>;

/** The action, or what a user would take instead. */
export interface SideResult {
  readonly name: string;
  /** As a person would type it. */
  readonly command: string;
  /** One for each round, the warm-up not among them. */
  readonly runs: readonly Sample[];
}

/** A scenario with one distance to AWS. */
export interface PlaceResult {
  /** Milliseconds that each answer takes longer. */
  readonly latency: number;
  readonly sides: readonly SideResult[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
}

export interface ScenarioResult {
  readonly scenario: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** Whether it ran with the small sizes of `--quick`. */
  readonly quick: boolean;
  /** The machine's load before the bench: how many processes wanted a processor, the average of a minute. */
  readonly load: number;
  readonly machine: Machine;
  /** Program → its version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly places: readonly PlaceResult[];
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface Results {
  readonly scenarios: readonly ScenarioResult[];
}

/** With the new results in the place of those of the same scenarios; in the order of `names`. */
export function merged(old: Results, fresh: readonly ScenarioResult[], names: readonly string[]): Results {
  const measured = new Map([...old.scenarios, ...fresh].map((result) => [result.scenario, result]));
  return { scenarios: names.flatMap((name) => measured.get(name) ?? []) };
}

export function resultsText(results: Results): string {
  return `${JSON.stringify(results, null, 1)}\n`;
}
