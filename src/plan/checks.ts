/** Checks whether a run has what it needs: an image, a Docker engine, quotas, permissions. Creates nothing. */

import { findImage } from '../aws/ecr.ts';
import { findQuotas } from '../aws/quotas.ts';
import { callerArn, simulate } from '../aws/simulate.ts';
import { ActionError } from '../core/errors.ts';
import { ecrReference } from '../core/image-reference.ts';
import { quotasUrl } from '../core/names.ts';
import { findEngine } from '../docker/engine.ts';
import type { InstanceSearch } from '../job/attempts.ts';
import type { RequestOverride } from '../job/override.ts';
import { dropLacking, needsOf } from '../job/quota.ts';
import type { Resources } from '../job/spec.ts';
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

/** One check for each type and kind of instances. Drops the types from the search that the account may not have. */
export async function checkQuotas(
  { aws, signal }: Step,
  resources: Resources,
  override: RequestOverride | undefined,
  search: InstanceSearch,
): Promise<PlanCheck[]> {
  const part = 'Quota';
  const needs = needsOf(search.left, resources, override);
  if (needs.length === 0) return [{ part, state: 'unknown', text: 'a training plan brings its own capacity' }];
  const quotas = await findQuotas(aws, new Set(needs.map(({ quota }) => quota)), signal);
  if ('why' in quotas)
    return needs.map(({ quota }) => ({ part, state: 'unknown', text: `"${quota}" was not checked: ${quotas.why}` }));
  dropLacking(search, needs, quotas);
  const isPossible = search.current !== undefined;
  return needs.map(({ quota, instances }): PlanCheck => {
    const value = quotas.get(quota);
    if (value === undefined) return { part, state: 'unknown', text: `Service Quotas does not know "${quota}"` };
    const text = `"${quota}" is ${value}, and the job needs ${instances}`;
    if (value >= instances) return { part, state: 'ok', text };
    if (isPossible) return { part, state: 'doubtful', text: `${text}, so this type would be left out` };
    const remedy = `Request a higher quota at ${quotasUrl(aws.region)} or use another "instance-type".`;
    return { part, state: 'missing', text: `${text}. ${remedy}` };
  });
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
