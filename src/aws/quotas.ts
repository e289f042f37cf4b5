/** Reads the account's quotas: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html */
import { ListServiceQuotasCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Connection } from './connection.ts';
import type { Unanswered } from './unanswered.ts';

/** The step goes on without an answer. */
const OPTIONS = { maxAttempts: 3 };

/** Each quota's value by its name, for those of the names that exist. `limit`: aborted when it has taken too long. */
export async function findQuotas(
  aws: Connection,
  names: ReadonlySet<string>,
  signal: AbortSignal,
  limit: AbortSignal = signal,
): Promise<ReadonlyMap<string, number> | Unanswered> {
  const found = new Map<string, number>();
  let NextToken: string | undefined;
  const abortSignal = AbortSignal.any([signal, limit]);
  try {
    do {
      const request = new ListServiceQuotasCommand({ ServiceCode: 'sagemaker', MaxResults: 100, NextToken });
      const page = await aws.client(ServiceQuotasClient, aws.region, OPTIONS).send(request, { abortSignal });
      for (const { QuotaName: name = '', Value: value } of page.Quotas ?? [])
        if (names.has(name) && value !== undefined) found.set(name, value);
      NextToken = page.NextToken;
    } while (NextToken !== undefined && found.size < names.size);
    return found;
  } catch (error) {
    signal.throwIfAborted();
    return { why: limit.aborted ? 'Service Quotas took too long to answer' : (error as Error).message };
  }
}
