/** What an image is built from, as one hash; and what went wrong with a build, by what Docker printed. */
import { createHash } from 'node:crypto';
import { ActionError } from './errors.ts';
import type { HashedFile } from './sync.ts';

export interface BuildFacts {
  /** The Dockerfile as Docker gets it. */
  readonly dockerfile: string;
  readonly files: readonly HashedFile[];
  /** Links' targets, and `/` for folders, by path. */
  readonly others: ReadonlyMap<string, string>;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Base image → its digest; a name alone where none is to be had. */
  readonly bases: ReadonlyMap<string, string | undefined>;
  readonly platform: string;
}

/** 64 hexadecimal digits: the image's tag, and what the fingerprint knows of it. */
export function buildHash({ dockerfile, files, others, buildArgs, bases, platform }: BuildFacts): string {
  const context = files.map(({ path, sha256, executable }) => [path, sha256, executable]);
  const facts = [dockerfile, context, sorted(others), sorted(buildArgs), sorted(bases), platform];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T | null][] {
  return [...map].map(([key, value]): [string, T | null] => [key, value ?? null]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Where a build stopped: lines of the Dockerfile that Docker got, or an instruction by its number (both from 1) or text. */
export type FailedAt =
  | { readonly kind: 'lines'; readonly first: number; readonly last: number }
  | { readonly kind: 'step'; readonly number: number }
  | { readonly kind: 'instruction'; readonly text: string };

/** BuildKit marks the lines with `>>>`, or (engine 20.10) repeats the instruction; the classic builder counts its steps. */
export function failedAt(lines: readonly string[]): FailedAt | undefined {
  const marked = lines.flatMap((line) => {
    const [, number] = /^\s*(\d+) \| >>> /.exec(line) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const [first] = marked;
  if (first !== undefined) return { kind: 'lines', first, last: marked.at(-1) ?? first };
  const place = /^Dockerfile:(\d+)$|dockerfile parse error (?:on )?line (\d+)/i;
  const named = lines
    .flatMap(
      (line) =>
        place
          .exec(line)
          ?.slice(1)
          .find((each) => each) ?? [],
    )
    .at(-1);
  if (named !== undefined) return { kind: 'lines', first: Number(named), last: Number(named) };
  const step = lines.flatMap((line) => /^Step (\d+)\/\d+ : /.exec(line)?.[1] ?? []).at(-1);
  if (step !== undefined) return { kind: 'step', number: Number(step) };
  const text = lines.flatMap((line) => /^ > \[(?:\S+ +)?\d+\/\d+\] (.+?):?$/.exec(line)?.[1] ?? []).at(-1);
  return text === undefined ? undefined : { kind: 'instruction', text };
}

/** Progress, and what the classic builder says of itself. */
const NOISE = [
  /^#\d+ (sha256:|DONE|CACHED|extracting|transferring|resolve |building with|\[internal\])/,
  /^-+$/,
  /^DEPRECATED: |^\s+(Install the buildx|BuildKit is currently|https:\/\/docs\.docker\.com\/go\/buildx|environment-variable)/,
  /^Sending build context/,
];

/** What of a failure's output tells most: its last lines. */
export function lastLines(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '' && !NOISE.some((noise) => noise.test(line))).slice(-20);
}

interface Remedy {
  readonly pattern: RegExp;
  readonly remedy: string;
  /** Whether it goes for what a command of the Dockerfile's own prints too. */
  readonly ofCommands?: boolean;
}

/** What Docker or a registry prints → what to do. The first that matches counts. */
const REMEDIES: readonly Remedy[] = [
  {
    pattern:
      /exec format error|no match(?:ing manifest)? for (?:platform|linux)|does not match the (?:specified|detected host) platform/i,
    remedy:
      'The image is for another processor than the job or the runner has. Build on a runner with the job’s processor ' +
      '(linux/amd64 for all instance types but ml.p6e-gb200), or put docker/setup-qemu-action before this step; a base ' +
      'image must have that platform.',
    ofCommands: true,
  },
  {
    pattern: /no space left on device/i,
    remedy:
      'The disk of the runner is full: free space before this step (docker system prune, removing tools that are not ' +
      'used), make the image smaller, or take a larger runner.',
    ofCommands: true,
  },
  {
    pattern: /tag is immutable|cannot be overwritten/i,
    remedy:
      'The tags of this ECR repository are immutable, and this one is another image’s: remove it, or make the tags mutable.',
  },
  { pattern: /authorization token has expired/i, remedy: 'The login to ECR lasts 12 hours; run again.' },
  { pattern: /rate exceeded|HTTP 429/i, remedy: 'ECR was asked too often for some time; run again.' },
  {
    pattern:
      /not authorized to perform: ecr:|\bdenied: |access forbidden|403 forbidden|no basic auth credentials|authentication required/i,
    remedy:
      'For an image elsewhere than in ECR log in to its registry before this step (docker/login-action). For ECR allow ' +
      'the step’s role what pushing and pulling need, as docs/aws.md lists it (ecr:InitiateLayerUpload, ' +
      'ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage, ecr:BatchCheckLayerAvailability, ' +
      'ecr:GetDownloadUrlForLayer, ecr:BatchGetImage).',
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    remedy: 'Log in to Docker Hub before this step (docker/login-action), or take the base image from ECR.',
  },
  {
    pattern:
      /file not found in build context|failed to compute cache key|failed to calculate checksum|COPY failed|ADD failed/i,
    remedy:
      'What the Dockerfile copies is not in the context: it is the Dockerfile’s folder (of a text: empty) unless ' +
      '"docker-context" names another; .dockerignore leaves files out.',
  },
  {
    pattern:
      /pull access denied|manifest unknown|manifest for .* not found|repository does not exist|failed to resolve source metadata|name unknown|no such host|: not found$/im,
    remedy:
      'The base image cannot be had: check its name and tag, and log in to its registry before this step (docker/login-action).',
  },
  {
    pattern: /temporary failure in name resolution|i\/o timeout|tls handshake timeout|connection (?:refused|reset)/i,
    remedy: 'The network failed; run again.',
    ofCommands: true,
  },
];

/** A RUN instruction's command failed: what it printed is not Docker's. */
const COMMAND_FAILED = /executor failed running|did not complete successfully|returned a non-zero code/;

export function remedyOf(lines: readonly string[], otherwise: string): string {
  const text = lines.join('\n');
  const isCommand = COMMAND_FAILED.test(text);
  const found = REMEDIES.find(({ pattern, ofCommands }) => (!isCommand || ofCommands === true) && pattern.test(text));
  return found?.remedy ?? otherwise;
}

/** Whether trying again may help: throttling, a fault of the registry, or of the network. */
export function isPassingFailure(lines: readonly string[]): boolean {
  const passing =
    /toomanyrequests|rate exceeded|HTTP (?:429|5\d\d)|50[0-4] |internal server error|connection reset|broken pipe|unexpected EOF|: EOF|timeout/i;
  return lines.slice(-5).some((line) => passing.test(line));
}

/** Docker failed; `what`: at what. `message` ends with the last that it printed. */
export class BuildError extends ActionError {
  override readonly name = 'BuildError';
  readonly lines: readonly string[];

  constructor(what: string, lines: readonly string[]) {
    super(`${what}:\n${lastLines(lines).join('\n')}`, remedyOf(lines, 'Docker’s last lines are above.'));
    this.lines = lines;
  }
}
