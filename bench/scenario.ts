/** What a scenario is: what it measures, what is hoped for, and how its sides run. */
import type { Measure, Sample } from './results.ts';
import type { Aws, Place } from './servers/aws.ts';
import type { Peer, Tools } from './tools.ts';

/** The name of the action's side in every scenario. */
export const ACTION = 'the action';

/** What the action is to reach, by its median. */
export interface Target {
  readonly measure: Measure;
  /** At most this, or this many times what the other side has. */
  readonly most: number;
  /** The name of another side, or the fastest of them. */
  readonly times?: string | typeof FASTEST;
  /** `below`: less than that, not as much. */
  readonly strictly?: true;
}

export const FASTEST = Symbol('the fastest of the others');

export interface Run {
  /** 0 for the warm-up. */
  readonly round: number;
  readonly place: Place;
}

export interface Side {
  readonly name: string;
  /** As a person would type it. */
  readonly command: string;
  /** Left out where this peer is missing. */
  readonly peer?: Peer;
  /** Why it is measured without a distance only. */
  readonly onlyNear?: string;
  readonly run: (run: Run) => Promise<Sample>;
}

/** What a scenario has while it runs. */
export interface Bench {
  /** Small sizes: whether the bench works, not how fast anything is. */
  readonly quick: boolean;
  readonly tools: Tools;
  readonly aws: Aws;
  /** A folder that is removed afterwards. */
  readonly folder: string;
  /** Has something done when the scenario has ended, also if it failed. */
  readonly atEnd: (end: () => Promise<void>) => void;
}

export interface Scenario {
  /** On the command line. */
  readonly name: string;
  readonly title: string;
  /** What is measured and how, for the page. Markdown. */
  readonly what: string;
  /** What the summary and the picture show. */
  readonly headline: Measure;
  /** Milliseconds. */
  readonly latencies: readonly number[];
  /** How many times the rounds that were asked for: more for what is short. */
  readonly repeat?: number;
  readonly targets: readonly Target[];
  /** Why a target is out of reach, shown where one is missed. Markdown. */
  readonly missed?: string;
  readonly peers: readonly Peer[];
  /** Prepares what it needs and says which sides there are, the action first. */
  readonly open: (bench: Bench) => Promise<readonly Side[]>;
}
