/** The image that the inputs name: which one it is, and whether it is in ECR. */

import { ecrLogin } from '../aws/ecr.ts';
import { ActionError } from '../core/errors.ts';
import { type EcrReference, ecrReference, parseReference } from '../core/image-reference.ts';
import { info } from '../github/log.ts';
import type { Step } from '../step.ts';
import { imageUri, resolvedVersion } from './catalogue.ts';
import type { ImageSpec } from './spec.ts';

/** Says which image it is if the inputs leave that open. */
export function resolveImage({ aws }: Step, { choice }: ImageSpec, instanceType: string): string {
  const resolved = resolvedVersion(choice, aws.region, instanceType);
  if (resolved !== undefined) info(resolved);
  return imageUri(choice, aws.region, instanceType);
}

/**
 * The reference of an image in ECR, recognised by AWS's host names or by the address that ECR returns for its registry.
 */
export async function inEcr({ aws, signal }: Step, image: string): Promise<EcrReference | undefined> {
  const byHost = ecrReference(image);
  const reference = parseReference(image);
  if (byHost !== undefined || reference === undefined || reference.registry === 'docker.io') return byHost;
  try {
    const { registry } = await ecrLogin(aws, aws.region, signal);
    return registry === reference.registry ? { ...reference, account: undefined, region: aws.region } : undefined;
  } catch (error) {
    // Credentials without access to ECR cannot have an image there.
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}
