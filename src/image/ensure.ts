/** Makes sure that ECR has the job's image: builds it, copies it, or finds it there. */

import {
  asDockerImage,
  createRepository,
  findRepository,
  putLifecycle,
  type Repository,
  type StoredImage,
  tagImage,
} from '../aws/ecr.ts';
import { ActionError, describeError } from '../core/errors.ts';
import { type Engine, findEngine, localImage } from '../docker/engine.ts';
import { pullImage } from '../docker/image-commands.ts';
import { info, warning } from '../github/log.ts';
import type { Step } from '../step.ts';
import type { ImagePlan } from './plan.ts';
import type { ImageSpec } from './spec.ts';

/** How the image gets into ECR, from which SageMaker pulls it. */
export type ImageSource =
  /** ECR has it already. */
  | { readonly kind: 'stored' }
  | { readonly kind: 'build'; readonly engine: Engine }
  /** The image is outside ECR and could not be copied. */
  | { readonly kind: 'not copied' };

/** Throws an ActionError if the image must be built and no engine can do it. Creates nothing. */
export async function findImageSource(plan: ImagePlan, { signal }: Step): Promise<ImageSource> {
  if (plan.kind === 'existing' || plan.stored !== undefined) return { kind: 'stored' };
  const { dockerWithLog } = await import('./build-and-push.ts');
  const docker = dockerWithLog(process.env, signal);
  try {
    const engine = await findEngine({ ...docker, onLines: () => {} });
    const { copiedFrom, platform } = plan;
    if (copiedFrom !== undefined && (await localImage(copiedFrom, docker)) === undefined)
      await pullImage(copiedFrom, platform, docker);
    return { kind: 'build', engine };
  } catch (error) {
    if (plan.copiedFrom === undefined || !(error instanceof ActionError)) throw error;
    warning(
      `SageMaker pulls images only from ECR, and ${plan.copiedFrom} could not be copied there. The job uses the image's own name ` +
        `and may fail. ${describeError(error)}`,
    );
    return { kind: 'not copied' };
  }
}

/** Returns the image's URI once ECR has the image. */
export async function ensureImage(step: Step, spec: ImageSpec, plan: ImagePlan, source: ImageSource): Promise<string> {
  if (plan.kind === 'existing') return plan.uri;
  if (source.kind === 'not copied' && plan.copiedFrom !== undefined) return plan.copiedFrom;
  const { aws, signal } = step;
  const repository = await ensureRepository(step, spec.repository);
  const pushed =
    source.kind === 'build'
      ? await (await import('./build-and-push.ts')).buildAndPush(step, spec, plan, source.engine, repository)
      : plan.stored;
  if (pushed === undefined) throw new Error('ECR does not have the image, although the action found it there before.');
  if (source.kind === 'stored') info('Image: ECR has it already, so it is not built again');
  const image = await asDockerImage(aws, repository.name, pushed, plan.identity, signal);
  if (plan.nameTag !== undefined) await addNameTag(step, repository.name, image, plan.nameTag);
  if (spec.tag !== undefined) await tagImage(aws, repository.name, image, spec.tag, signal);
  return `${repository.uri}:${plan.identity}`;
}

/** Adds the name-based tag. If tags are immutable and another image has this one, it stays with that image. */
async function addNameTag({ aws, signal }: Step, repository: string, image: StoredImage, tag: string): Promise<void> {
  try {
    await tagImage(aws, repository, image, tag, signal);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
  }
}

async function ensureRepository({ aws, signal }: Step, name: string): Promise<Repository> {
  const existing = await findRepository(aws, name, signal);
  if (existing !== undefined) return existing;
  const created = await createRepository(aws, name, signal);
  try {
    await putLifecycle(aws, name, signal);
  } catch (error) {
    signal.throwIfAborted();
    warning(
      `The lifecycle policy of the ECR repository ${name} could not be set, so images without a tag stay there: ${describeError(error)}`,
    );
  }
  return created;
}
