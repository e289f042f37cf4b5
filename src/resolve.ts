/**
 * Resolves the task before anything is created: its role, its image, where its data is, and the facts of its
 * fingerprint.
 */

import type { Role } from './aws/iam-role.ts';
import type { TaskFiles } from './config/check.ts';
import type { TaskSpec } from './config/spec.ts';
import { together } from './core/concurrency.ts';
import { size } from './core/format.ts';
import type { LocalFile } from './core/local-file.ts';
import { runAttempt } from './core/run-context.ts';
import { channelFact } from './data/facts.ts';
import { locateChannels } from './data/locate.ts';
import { type HashFiles, hashFiles } from './files/hash.ts';
import { printProgress } from './github/progress.ts';
import type { Wanted } from './history/decide.ts';
import { taskFacts } from './history/fingerprint.ts';
import { Seen } from './history/jobs.ts';
import { type ImagePlan, planImage } from './image/plan.ts';
import type { Resolved } from './job/launch.ts';
import { bringsData, overrideFacts } from './job/override.ts';
import type { Step } from './step.ts';

/** What a new job would use, and which earlier job would make it unnecessary. */
export interface ResolvedTask {
  readonly resolved: Resolved;
  readonly wanted: Wanted;
  /** What was read of the task's jobs meanwhile. */
  readonly seen: Seen;
}

/** Throws an InputError if a source is wrong. */
export async function resolveTask(step: Step, spec: TaskSpec, files: TaskFiles): Promise<ResolvedTask> {
  const { code, image, role, resources, reuse } = spec;
  const seen = Seen.of(step.home, spec.place);
  const [channels, plan, existingRole, hashed] = await together(step.signal, (signal) => {
    const part = { ...step, signal };
    const hash = hashing(allFiles(files), signal);
    const planned = async (): Promise<ImagePlan> => {
      const build = files.build && { files: files.build, hashed: await hash(files.build.files) };
      // The image is the same for all types.
      return planImage(part, image, resources.instanceTypes[0] ?? '', build);
    };
    return [
      locateChannels(part, files.channels, spec.place, hash),
      planned(),
      role.existing === undefined ? undefined : lookUpRole(part, role.existing),
      hash(files.code),
      seen.readFirst(part, spec.place),
    ];
  });
  const facts = taskFacts({
    code,
    files: hashed,
    image: plan.identity,
    instanceCount: resources.instanceCount,
    inputs: channels.map((channel) => [channel.name, channelFact(channel)]),
    request: overrideFacts(files.override),
  });
  // What a channel of `request` contains was not listed.
  const comparable = channels.every(({ fact }) => fact !== undefined) && !bringsData(files.override);
  const { skipIf, cleanState } = reuse;
  return {
    resolved: { image: plan, existingRole, code: hashed, channels, override: files.override },
    wanted: { facts, comparable, skipIf, cleanState, by: runAttempt(step.run) },
    seen,
  };
}

async function lookUpRole({ aws, signal }: Step, role: string): Promise<Role> {
  const { findRole } = await import('./aws/iam-role.ts');
  return findRole(aws, role, signal);
}

function allFiles({ code, channels, build }: TaskFiles): LocalFile[] {
  return [...code, ...channels.flatMap(({ files }) => files ?? []), ...(build?.files ?? [])];
}

/** A function that hashes files. It prints every few seconds how many bytes of all files are read. */
function hashing(all: readonly LocalFile[], signal: AbortSignal): HashFiles {
  const bytes = all.reduce((sum, file) => sum + file.size, 0);
  let read = 0;
  const onBytes = (more: number): void => {
    read += more;
  };
  const progress = (): string => `Reading code and inputs: ${size(read)} of ${size(bytes)}`;
  return (files) => printProgress(progress, hashFiles(files, onBytes, signal));
}
