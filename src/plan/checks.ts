/** Checks whether a run has what it needs: an image, a Docker engine, quotas, permissions. Creates nothing. */

import { findImage } from '../aws/ecr.ts';
import { findQuotas } from '../aws/quotas.ts';
import { callerArn, simulate } from '../aws/simulate.ts';
import { ActionError } from '../core/errors.ts';
import { ecrReference } from '../core/image-reference.ts';
import { findEngine } from '../docker/engine.ts';
import type { TrainingJobRequest } from '../job/request.ts';
import type { Step } from '../step.ts';
import { type Asked, questions } from './permissions.ts';
import type { PlanCheck } from './plan.ts';

/** Of an image in this account's ECR AWS says whether it exists. */
export async function absentImage(
  { aws, home, signal }: Step,
  uri: string,
  isKnown: boolean,
): Promise<PlanCheck | undefined> {
  const reference = ecrReference(uri);
  if (isKnown || reference?.tag === undefined || reference.account !== home.bucket.owner) return undefined;
  if (reference.region !== aws.region) return undefined;
  try {
    if ((await findImage(aws, reference.repository, reference.tag, signal)) !== undefined) return undefined;
    return { part: 'Image', state: 'missing', text: `ECR does not have ${uri}` };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  }
}

/** Without an engine an image cannot be built. One that is only copied is used by its own name then. */
export async function checkEngine({ signal }: Step, copiedFrom: string | undefined): Promise<PlanCheck> {
  const part = 'Docker';
  try {
    const { version, buildKit } = await findEngine({ env: process.env, onLines: () => {}, signal });
    return { part, state: 'ok', text: `version ${version}${buildKit ? ' with BuildKit' : ''}` };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const state = copiedFrom === undefined ? 'missing' : 'doubtful';
    return { part, state, text: `${error.message} ${error.hint}` };
  }
}

/** One check for each instance type of the request. */
export async function checkQuotas({ aws, signal }: Step, request: TrainingJobRequest): Promise<PlanCheck[]> {
  const part = 'Quota';
  const resources: ResourceConfig = request.ResourceConfig;
  const usage = `${request.EnableManagedSpotTraining ? 'spot ' : ''}training job usage`;
  const counts = new Map([...instancesOf(resources)].map(([type, count]) => [`${type} for ${usage}`, count]));
  const quotas = await findQuotas(aws, new Set(counts.keys()), signal);
  return [...counts].map(([name, count]): PlanCheck => {
    if (resources.TrainingPlanArn !== undefined)
      return { part, state: 'unknown', text: 'a training plan brings its own capacity' };
    if ('why' in quotas) return { part, state: 'unknown', text: `"${name}" was not checked: ${quotas.why}` };
    const quota = quotas.get(name);
    if (quota === undefined) return { part, state: 'unknown', text: `Service Quotas does not know "${name}"` };
    const text = `"${name}" is ${quota}, and the job needs ${count}`;
    const remedy = 'Request a higher quota in Service Quotas, or use another "instance-type".';
    return quota >= count ? { part, state: 'ok', text } : { part, state: 'missing', text: `${text}. ${remedy}` };
  });
}

interface ResourceGroup {
  readonly InstanceType?: string;
  readonly InstanceCount?: number;
}

/** As in the request. The input `request` may have set groups or a plan. */
interface ResourceConfig extends ResourceGroup {
  readonly InstanceGroups?: readonly ResourceGroup[];
  readonly TrainingPlanArn?: string;
}

/** Instance type → how many of them. */
function instancesOf(resources: ResourceConfig): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { InstanceType: type = '', InstanceCount: count = 0 } of resources.InstanceGroups ?? [resources])
    counts.set(type, (counts.get(type) ?? 0) + count);
  return counts;
}

/** Simulation knows neither the bucket's policy nor the organisation's, so what it refuses is only doubtful. */
export async function checkPermissions({ aws, signal }: Step, asked: Asked): Promise<PlanCheck> {
  const part = 'Permissions';
  const principal = await callerArn(aws, signal);
  if (principal.endsWith(':root'))
    return { part, state: 'ok', text: 'these are the credentials of the account itself' };
  const refused = await simulate(aws, principal, questions(asked), signal);
  if ('why' in refused) return { part, state: 'unknown', text: `not checked: ${refused.why}` };
  const but = asked.kmsKey?.includes('alias/') === true ? '. IAM cannot be asked about the alias of a key' : '';
  if (refused.length === 0) return { part, state: 'ok', text: `${principal} may do all that the run does${but}` };
  const list = refused.map(
    ({ action, resource, explicit }) => `${action} on ${resource}${explicit ? ' (denied)' : ''}`,
  );
  return { part, state: 'doubtful', text: `the policies of ${principal} do not allow ${list.join(', ')}` };
}
