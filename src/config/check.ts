/**
 * Checks the files on the runner, after the inputs' texts. Reports all mistakes together, before anything is created.
 */
import { resolve } from 'node:path';
import { listCode } from '../code/list.ts';
import { collectMistakes } from '../core/collect-mistakes.ts';
import { InputError, type Mistake } from '../core/errors.ts';
import { imagePlatformOf } from '../core/instance-type.ts';
import type { LeftOut } from '../core/left-out.ts';
import type { LocalFile } from '../core/local-file.ts';
import type { ListedChannel } from '../data/channels.ts';
import { listChannels } from '../data/list.ts';
import { outputMistakes, REPORT } from '../files/output-folder.ts';
import { type Scope, scopeOf } from '../files/scope.ts';
import type { BuildFiles } from '../image/build-files.ts';
import type { ImageSpec } from '../image/spec.ts';
import type { RequestOverride } from '../job/override.ts';
import type { MetricDefinition } from '../metrics/definitions.ts';
import { RESULTS } from '../results/spec.ts';
import { INPUTS } from './inputs.ts';
import type { TaskSpec } from './spec.ts';

/** What the checks read: the files on the runner that the task uses, and the input `request`. */
export interface TaskFiles {
  /** The files of the code archive, with their paths in the archive. */
  readonly code: readonly LocalFile[];
  readonly channels: readonly ListedChannel[];
  /** Undefined if no image is built. */
  readonly build: BuildFiles | undefined;
  /** The files that are not sent, although they lie among these. */
  readonly leftOut: LeftOut;
  readonly override: RequestOverride | undefined;
}

export interface CheckedFiles {
  readonly files: TaskFiles;
  readonly mistakes: readonly Mistake[];
}

/** Returns the files. Throws an InputError if there are mistakes: those given, and those in the files. */
export async function check(spec: TaskSpec, mistakes: readonly Mistake[], workspace: string): Promise<TaskFiles> {
  const output = resolve(workspace, spec.results.outputPath);
  const { files, mistakes: fileMistakes } = await checkFiles(spec, workspace);
  const all = [...mistakes, ...fileMistakes, ...(await outputMistakes(output, spec.results.download, workspace))];
  if (all.length > 0) throw new InputError(inOrder(all));
  return files;
}

/** `workspace`: relative paths start here. Ignore files above it do not count. */
export async function checkFiles(spec: TaskSpec, workspace: string): Promise<CheckedFiles> {
  const { code, image, aws, resources } = spec;
  const scope = scopeOf(workspace, spec.results.outputPath, [...RESULTS, REPORT]);
  const [listed, data, build, metrics, request] = await Promise.all([
    listCode(code, scope, resources.network.isolation),
    listChannels(spec.channels, spec.place, scope),
    checkBuild(image, aws.region, resources.instanceTypes, scope),
    checkExpressions(spec.metrics),
    checkRequest(spec),
  ]);
  return {
    files: {
      code: listed.files,
      channels: data.channels,
      build: build.files,
      leftOut: scope.leftOut,
      override: request.override,
    },
    mistakes: [...listed.mistakes, ...data.mistakes, ...build.mistakes, ...metrics, ...request.mistakes],
  };
}

/** Loads the code that reads Dockerfiles only if there is one. */
async function checkBuild(
  { build, choice, buildArgs }: ImageSpec,
  region: string,
  instanceTypes: readonly string[],
  scope: Scope,
): Promise<{ readonly files: BuildFiles | undefined; readonly mistakes: readonly Mistake[] }> {
  if (build === undefined) return { files: undefined, mistakes: [] };
  const [{ completeBuild, readBuild }, { baseMistakes }] = await Promise.all([
    import('../image/read-build.ts'),
    import('../image/base-rules.ts'),
  ]);
  // The types are of one platform.
  const values = { buildArgs, platform: imagePlatformOf(instanceTypes[0] ?? '') };
  const { value: read, mistakes } = await collectMistakes('dockerfile', undefined, () =>
    readBuild(build, scope, values),
  );
  const input = build.context === undefined ? 'dockerfile' : 'docker-context';
  const { value: files, mistakes: lacks } = await collectMistakes(
    input,
    read,
    () => read && completeBuild(read, scope, values),
  );
  return { files, mistakes: [...mistakes, ...lacks, ...baseMistakes(choice, region, instanceTypes, files)] };
}

/** Loads the engine of the expressions only for a task that has metrics. */
async function checkExpressions(metrics: readonly MetricDefinition[]): Promise<readonly Mistake[]> {
  if (metrics.length === 0) return [];
  const { readExpression } = await import('../metrics/expression.ts');
  const checked = metrics.map(({ name, regex }) =>
    collectMistakes('metrics', undefined, () => readExpression(name, regex)),
  );
  return (await Promise.all(checked)).flatMap(({ mistakes }) => mistakes);
}

/** Loads the API's model and a parser of YAML only for a task that overrides the request. */
async function checkRequest(
  spec: TaskSpec,
): Promise<{ readonly override: RequestOverride | undefined; readonly mistakes: readonly Mistake[] }> {
  const { request } = spec;
  if (request === undefined) return { override: undefined, mistakes: [] };
  const { overrideMistakes, parseOverride } = await import('./read-request.ts');
  const { value: override, mistakes } = await collectMistakes('request', undefined, () => parseOverride(request));
  return { override, mistakes: override === undefined ? mistakes : overrideMistakes(override, spec) };
}

/** Sorts the mistakes in the order of the inputs in action.yml. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const order: readonly string[] = INPUTS;
  const position = (mistake: Mistake): number => order.indexOf(mistake.input);
  return [...mistakes].sort((a, b) => position(a) - position(b));
}
