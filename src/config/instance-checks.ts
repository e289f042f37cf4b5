/** Rules about instances: types, spot, and how long to wait. */

import { ecrReference } from '../core/image-reference.ts';
import { hasLocalStorage, imagePlatformOf } from '../core/instance-type.ts';
import { MOST_PREFERENCES, makesWay } from '../job/attempts.ts';
import { toolkitHyperparameters } from '../job/request.ts';
import { type Fine, isGiven, type RawInputs, type Report } from './inputs.ts';
import type { TaskSpec } from './spec.ts';

export function checkInstances(raw: RawInputs, spec: TaskSpec, wrong: Report, fine: Fine): void {
  checkWaiting(raw, spec, wrong, fine);
  if (fine('wait', 'instance-type', 'spot') && !spec.follow.wait && makesWay(spec.resources)) {
    const problem = 'a step that does not wait cannot try the next instances if there are none of the first';
    wrong('wait', problem, 'remove it, or name one instance type and set "spot" to true or false.');
  }
  if (!fine('instance-type') || spec.resources.instanceTypes.length === 1) return;
  checkPlatform(spec, wrong);
  if (fine('spot') && spec.resources.spot !== true) checkPreferences(spec, wrong, fine);
}

function checkWaiting(raw: RawInputs, { resources }: TaskSpec, wrong: Report, fine: Fine): void {
  const { spot, maxRunSeconds, maxWaitSeconds, keepAliveSeconds } = resources;
  if (maxWaitSeconds === undefined && isGiven(raw, 'max-wait-minutes')) {
    wrong('max-wait-minutes', 'it has no effect without spot instances', 'remove it, or set "spot" to true.');
  }
  if (fine('max-run-minutes', 'max-wait-minutes') && maxWaitSeconds !== undefined && maxWaitSeconds < maxRunSeconds) {
    const problem = `${maxWaitSeconds / 60} is less than "max-run-minutes" (${maxRunSeconds / 60})`;
    wrong('max-wait-minutes', problem, 'raise it, or lower "max-run-minutes": it limits waiting and running together.');
  }
  if (keepAliveSeconds !== undefined && spot !== false && fine('spot')) {
    const problem = 'SageMaker does not keep spot instances in a warm pool';
    wrong('keep-alive-minutes', problem, 'remove it, or set "spot" to false.');
  }
  if (isGiven(raw, 'capacity-wait-minutes') && fine('instance-type', 'spot') && !makesWay(resources)) {
    const problem =
      spot === false
        ? 'it has no effect without spot instances'
        : 'it has no effect, because there is nothing else to try';
    wrong('capacity-wait-minutes', problem, 'remove it, set "spot" to prefer, or list several types for spot.');
  }
}

/** The action builds and copies an image for one platform. */
function checkPlatform({ image, resources: { instanceTypes } }: TaskSpec, wrong: Report): void {
  const { image: given } = image.choice;
  const makes = image.build !== undefined || (given !== undefined && ecrReference(given) === undefined);
  const platforms = new Map(instanceTypes.map((type) => [imagePlatformOf(type), type]));
  if (!makes || platforms.size === 1) return;
  const types = [...platforms].map(([platform, type]) => `${type} needs one for ${platform}`).join(' and ');
  wrong('instance-type', `one image cannot run on all of the types: ${types}`, 'use types of one platform.');
}

/** On demand one request names all types, so what else it names must fit all of them. */
function checkPreferences(spec: TaskSpec, wrong: Report, fine: Fine): void {
  const { instanceTypes, kmsKey } = spec.resources;
  if (instanceTypes.length > MOST_PREFERENCES) {
    const problem = `there are ${instanceTypes.length} types, and SageMaker takes at most ${MOST_PREFERENCES} on demand`;
    wrong('instance-type', problem, 'remove some, or set "spot" to true.');
  }
  const [own] = instanceTypes.filter(hasLocalStorage);
  const volume = instanceTypes.find((type) => !hasLocalStorage(type));
  if (fine('kms-key') && kmsKey !== undefined && own !== undefined && volume !== undefined) {
    const problem = `on demand one request is for all types, and SageMaker refuses "kms-key" for the disks of ${own}, but needs it for the volume of ${volume}`;
    wrong('instance-type', problem, 'use types that all have disks of their own, or none, or set "spot" to true.');
  }
  const toolkit = toolkitHyperparameters(spec, { bucket: '', job: '', region: '', instanceType: '' });
  if (fine('distribution') && toolkit.some(([name]) => name === 'sagemaker_instance_type')) {
    const problem = "this distribution of AWS's training toolkit needs to know the instance type before the start";
    wrong('instance-type', problem, 'use one type, or set "spot" to true.');
  }
}
