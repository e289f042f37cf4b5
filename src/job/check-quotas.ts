/** Asks whether the account may have a job's instances, before anything is created. */

import { ActionError } from '../core/errors.ts';
import { quotasUrl } from '../core/names.ts';
import { info } from '../github/log.ts';
import type { Step } from '../step.ts';
import { type InstanceSearch, triedLines, triedList } from './attempts.ts';
import type { RequestOverride } from './override.ts';
import { dropLacking, needsOf } from './quota.ts';
import type { Resources } from './spec.ts';

/** Service Quotas lists some 20 pages for SageMaker. A job that is about to start does not wait longer for them. */
const LIMIT_MS = 5_000;

/**
 * Drops the types from the search of which the account may not have enough instances. Throws an ActionError if none is left.
 * If Service Quotas does not answer, SageMaker itself refuses such a type later.
 */
export async function checkQuotas(
  { aws, signal }: Step,
  resources: Resources,
  override: RequestOverride | undefined,
  search: InstanceSearch,
): Promise<void> {
  const needs = needsOf(search.left, resources, override);
  const names = new Set(needs.map(({ quota }) => quota));
  if (names.size === 0) return;
  // A step that starts no job does not need the client.
  const { findQuotas } = await import('../aws/quotas.ts');
  const quotas = await findQuotas(aws, names, signal, AbortSignal.timeout(LIMIT_MS));
  if ('why' in quotas) {
    if (names.size > 1) info(`The quotas of the instance types were not checked: ${quotas.why}`);
    return;
  }
  dropLacking(search, needs, quotas);
  if (search.current === undefined)
    throw new ActionError(
      `The account may not have the instances; nothing was created.${triedList(search.tried)}`,
      `Request a higher quota at ${quotasUrl(aws.region)} or use another "instance-type".`,
    );
  for (const line of triedLines(search.tried)) info(`Left out: ${line}`);
}
