/** Explains the failure of a build, a pull or a push from Docker's output. */

import { ActionError } from '../core/errors.ts';

/** Where a build failed: lines of the built Dockerfile, or an instruction by its number or text. Numbers are from 1. */
export type FailedAt =
  | { readonly kind: 'lines'; readonly first: number; readonly last: number }
  | { readonly kind: 'step'; readonly number: number }
  | { readonly kind: 'instruction'; readonly text: string };

/**
 * BuildKit marks the lines with `>>>`; in engine 20.10 it repeats the instruction. The classic builder numbers its
 * steps.
 */
export function failedAt(lines: readonly string[]): FailedAt | undefined {
  const marked = lines.flatMap((line) => {
    const [, number] = /^\s*(\d+) \| >>> /.exec(line) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const [first] = marked;
  if (first !== undefined) return { kind: 'lines', first, last: marked.at(-1) ?? first };
  const position = /^Dockerfile:(\d+)$|dockerfile parse error (?:on )?line (\d+)/i;
  const named = lines
    .flatMap(
      (line) =>
        position
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

/** Lines that do not explain a failure: progress, and remarks of the classic builder about itself. */
const NOISE = [
  /^#\d+ (sha256:|DONE|CACHED|extracting|transferring|resolve |building with|\[internal\])/,
  /^-+$/,
  /^DEPRECATED: |^\s+(Install the buildx|BuildKit is currently|https:\/\/docs\.docker\.com\/go\/buildx|environment-variable)/,
  /^Sending build context/,
];

/** The last lines of the output, which usually contain the cause. */
export function lastLines(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '' && !NOISE.some((noise) => noise.test(line))).slice(-20);
}

interface Remedy {
  readonly pattern: RegExp;
  readonly remedy: string;
  /** Also match text that the user's own RUN commands print. */
  readonly ofCommands?: boolean;
}

/** Text of Docker or of a registry → remedy. The first match wins. */
const REMEDIES: readonly Remedy[] = [
  {
    pattern:
      /exec format error|no match(?:ing manifest)? for (?:platform|linux)|does not match the (?:specified|detected host) platform/i,
    remedy:
      'The image is for another processor than the job’s or the runner’s. Build on a runner with the job’s processor ' +
      '(linux/amd64 for all instance types except ml.p6e-gb200), or run docker/setup-qemu-action before this step. Use base ' +
      'images for that platform.',
    ofCommands: true,
  },
  {
    pattern: /no space left on device/i,
    remedy:
      'The disk of the runner is full. Free space before this step (run docker system prune, or remove tools that you do ' +
      'not use), make the image smaller, or use a larger runner.',
    ofCommands: true,
  },
  {
    pattern: /tag is immutable|cannot be overwritten/i,
    remedy:
      'The tags of this ECR repository are immutable, and another image has this tag. Remove the tag, or make the tags mutable.',
  },
  {
    pattern: /authorization token has expired/i,
    remedy: 'The login to ECR has expired: it lasts 12 hours. Run the step again.',
  },
  { pattern: /rate exceeded|HTTP 429/i, remedy: 'ECR received too many requests. Run the step again.' },
  {
    pattern:
      /not authorized to perform: ecr:|\bdenied: |access forbidden|403 forbidden|no basic auth credentials|authentication required/i,
    remedy:
      'For an image outside ECR, log in to its registry before this step (docker/login-action). For ECR, give the ' +
      'step’s role the permissions to push and pull that docs/aws.md lists (ecr:InitiateLayerUpload, ' +
      'ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage, ecr:BatchCheckLayerAvailability, ' +
      'ecr:GetDownloadUrlForLayer, ecr:BatchGetImage).',
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    remedy:
      'Docker Hub limits anonymous downloads. Log in to it before this step (docker/login-action), or use a base image from ECR.',
  },
  {
    pattern:
      /file not found in build context|failed to compute cache key|failed to calculate checksum|COPY failed|ADD failed/i,
    remedy:
      'The build context does not contain a file that the Dockerfile copies. The context is the Dockerfile’s folder, or empty ' +
      'if the input is the text of a Dockerfile; "docker-context" sets another folder. Check .dockerignore, and the notice of files that are not sent.',
  },
  {
    pattern:
      /pull access denied|manifest unknown|manifest for \S+ not found|repository does not exist|failed to resolve source metadata|name unknown|no such host|: not found$/im,
    remedy:
      'The base image could not be pulled. Check its name and tag, and log in to its registry before this step (docker/login-action).',
  },
  {
    pattern: /temporary failure in name resolution|i\/o timeout|tls handshake timeout|connection (?:refused|reset)/i,
    remedy: 'The network failed. Run the step again.',
    ofCommands: true,
  },
];

/** Docker prints this if the command of a RUN instruction failed. Then the output is the command's, not Docker's. */
const COMMAND_FAILED = /executor failed running|did not complete successfully|returned a non-zero code/;

export function remedyOf(lines: readonly string[], otherwise: string): string {
  const text = lines.join('\n');
  const isCommand = COMMAND_FAILED.test(text);
  const match = REMEDIES.find(({ pattern, ofCommands }) => (!isCommand || ofCommands === true) && pattern.test(text));
  return match?.remedy ?? otherwise;
}

/** Whether a retry may help: the registry throttled the call or failed, or the network failed. */
export function isTransientFailure(lines: readonly string[]): boolean {
  const transient =
    /toomanyrequests|rate exceeded|HTTP (?:429|5\d\d)|50[0-4] |internal server error|connection reset|broken pipe|unexpected EOF|: EOF|timeout/i;
  return lines.slice(-5).some((line) => transient.test(line));
}

/** A failed Docker command. `message` is `what` and Docker's last lines. */
export class BuildError extends ActionError {
  override readonly name = 'BuildError';
  readonly lines: readonly string[];

  constructor(what: string, lines: readonly string[]) {
    super(
      `${what}:\n${lastLines(lines).join('\n')}`,
      remedyOf(lines, 'Docker’s last lines above show the cause. Correct it and run the step again.'),
    );
    this.lines = lines;
  }
}
