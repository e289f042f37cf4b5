/** The task that the inputs describe. `readSpec` makes one of them. */
import type { Start } from './arguments.ts';
import type { Channel } from './channels.ts';
import type { Distribution } from './distribution.ts';
import type { ImageChoice } from './image.ts';
import type { MetricDefinition } from './metrics.ts';
import type { Json } from './parse.ts';

export const RESULTS = ['logs', 'model', 'output', 'state', 'source'] as const;
export type Result = (typeof RESULTS)[number];

export interface TaskSpec {
  readonly task: string;
  readonly project: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  /** Where a task that never completed under `prefix` is looked for; undefined: nowhere. Empty, or ending in a slash. */
  readonly basePrefix: string | undefined;
  readonly mode: Mode;
  /** Undefined: the account's default one. */
  readonly bucket: string | undefined;
  readonly start: Start;
  readonly sourceDir: string | undefined;
  readonly dependencies: readonly string[];
  readonly arguments: readonly string[];
  readonly hyperparameters: ReadonlyMap<string, Json>;
  readonly environment: ReadonlyMap<string, string>;
  /** Who starts the code on the worker: the action's launcher, or AWS's toolkit in the image. */
  readonly launcher: 'action' | 'image';
  readonly distribution: Distribution;
  readonly metrics: readonly MetricDefinition[];
  readonly channels: readonly Channel[];
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly volumeSizeGb: number;
  readonly spot: boolean;
  readonly maxRunSeconds: number;
  /** Running plus waiting for capacity; undefined on demand. */
  readonly maxWaitSeconds: number | undefined;
  /** How long the instances are kept for the next job; undefined: not at all. */
  readonly keepAliveSeconds: number | undefined;
  readonly network: Network;
  /** Id or ARN. */
  readonly kmsKey: string | undefined;
  readonly image: ImageChoice;
  /** Undefined: the image is used as it is. */
  readonly build: BuildChoice | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** ECR repository of what is built. */
  readonly repository: string;
  /** A tag beside the hash. */
  readonly imageTag: string | undefined;
  /** Name or ARN; undefined: one of the project's own. */
  readonly executionRole: string | undefined;
  readonly ownRole: OwnRole;
  readonly outputPath: string;
  readonly download: ReadonlySet<Result>;
  readonly artifacts: ReadonlySet<Result>;
  /** Artifacts are this, a dash, and the result's name. */
  readonly artifactName: string;
  readonly summary: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly skipIf: SkipIf;
  readonly cleanState: boolean;
  readonly whenBusy: WhenBusy;
  readonly region: string;
  /** Undefined: the environment's credentials. */
  readonly roleToAssume: RoleToAssume | undefined;
}

export interface BuildChoice {
  /** Path of a file or folder, or the text itself. */
  readonly dockerfile: string;
  /** Path; undefined: the Dockerfile's folder. */
  readonly context: string | undefined;
}

/** `run` starts a job or takes a completed one's results; the others start nothing. */
export type Mode =
  | { readonly kind: 'run' }
  | { readonly kind: 'collect' }
  | { readonly kind: 'job'; readonly job: string };

export const SKIP_IF = ['unchanged', 'completed', 'never'] as const;
export type SkipIf = (typeof SKIP_IF)[number];
export const WHEN_BUSY = ['wait', 'fail', 'replace'] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

export interface Network {
  readonly subnets: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly isolation: boolean;
  readonly encryptTraffic: boolean;
}

/** For the role that the action makes. `path` begins and ends with a slash. */
export interface OwnRole {
  readonly boundary: string | undefined;
  readonly path: string | undefined;
}

export interface RoleToAssume {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
}
