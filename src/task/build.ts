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
  const named = lines.flatMap((line) => /^Dockerfile:(\d+)$/.exec(line)?.[1] ?? []).at(-1);
  if (named !== undefined) return { kind: 'lines', first: Number(named), last: Number(named) };
  const step = lines.flatMap((line) => /^Step (\d+)\/\d+ : /.exec(line)?.[1] ?? []).at(-1);
  if (step !== undefined) return { kind: 'step', number: Number(step) };
  const text = lines.flatMap((line) => /^ > \[(?:\S+ +)?\d+\/\d+\] (.+?):?$/.exec(line)?.[1] ?? []).at(-1);
  return text === undefined ? undefined : { kind: 'instruction', text };
}

/** What of a failure's output tells most: its last lines, without what only shows progress. */
export function lastLines(lines: readonly string[]): string[] {
  const telling = lines.filter(
    (line) =>
      line.trim() !== '' &&
      !/^(#\d+ (sha256:|DONE|CACHED|extracting|transferring|resolve |building with|\[internal\])|-+$)/.test(line),
  );
  return telling.slice(-20);
}

/** Pattern of what Docker or a registry prints → the remedy. The first that matches counts. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /exec format error|no match(?:ing manifest)? for (?:platform|linux)|does not match the (?:specified|detected host) platform/i,
    'The image is for another processor than the job or the runner has. Build on a runner with the job’s processor ' +
      '(linux/amd64 for all instance types but ml.p6e-gb200), or put docker/setup-qemu-action before this step; a base ' +
      'image must have that platform.',
  ],
  [
    /no space left on device/i,
    'The disk of the runner is full: free space before this step (docker system prune, removing tools that are not ' +
      'used), make the image smaller, or take a larger runner.',
  ],
  [
    /tag is immutable|cannot be overwritten/i,
    'The tags of this ECR repository are immutable: give another "image-tag", leave it out, or make the repository’s tags mutable.',
  ],
  [/authorization token has expired/i, 'The login to ECR lasts 12 hours; run again.'],
  [
    /not authorized to perform: ecr:|\bdenied: user|access forbidden|403 forbidden|no basic auth credentials/i,
    'Allow the step’s role what pushing and pulling need: docs/aws.md lists it (ecr:InitiateLayerUpload, ' +
      'ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage, ecr:BatchCheckLayerAvailability, ' +
      'ecr:GetDownloadUrlForLayer, ecr:BatchGetImage).',
  ],
  [
    /toomanyrequests|rate limit/i,
    'Log in to Docker Hub before this step (docker/login-action), or take the base image from ECR.',
  ],
  [
    /pull access denied|manifest unknown|manifest for .* not found|repository does not exist|failed to resolve source metadata|not found: manifest|no such host/i,
    'The base image cannot be had: check its name and tag, and log in to its registry before this step (docker/login-action).',
  ],
  [
    /file not found in build context|failed to compute cache key|failed to calculate checksum|no such file or directory.*COPY|COPY failed|ADD failed/i,
    'What the Dockerfile copies is not in the context: it is the Dockerfile’s folder (of a text: empty) unless ' +
      '"docker-context" names another; .dockerignore leaves files out.',
  ],
  [
    /could not resolve|temporary failure in name resolution|i\/o timeout|tls handshake timeout|connection (?:refused|reset)/i,
    'The network failed; run again.',
  ],
];

export function remedyOf(lines: readonly string[], otherwise: string): string {
  const text = lines.join('\n');
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise;
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
