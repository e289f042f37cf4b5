/**
 * The SDK's clients, one set a run. The endpoint, and without a role to assume the credentials, come from the environment
 * as the SDK reads it (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, …); throttled and failed calls are tried again by the SDK.
 */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentityProvider } from '@aws-sdk/types';

export interface Clients {
  /** What a further client, of another region, is made with. */
  readonly common: Common;
  readonly ecr: ECRClient;
  readonly logs: CloudWatchLogsClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly sts: STSClient;
}

interface Common {
  readonly region: string;
  readonly maxAttempts: number;
  readonly credentials?: AwsCredentialIdentityProvider;
  readonly customUserAgent: [string, string][];
}

/** A sync sends so many files at once; the SDK's own most is 50. */
const SOCKETS = { maxSockets: 128, keepAlive: true };
const S3_CONNECTIONS = { requestHandler: { httpsAgent: SOCKETS, httpAgent: SOCKETS } };

/** `credentials`: undefined for the environment's. */
export function createClients(
  region: string,
  version: string,
  credentials: AwsCredentialIdentityProvider | undefined,
): Clients {
  const common: Common = {
    region,
    maxAttempts: 8,
    ...(credentials && { credentials }),
    customUserAgent: [['simple-sagemaker-action', version]],
  };
  return {
    common,
    ecr: new ECRClient(common),
    logs: new CloudWatchLogsClient(common),
    iam: new IAMClient(common),
    s3: new S3Client({ ...common, ...S3_CONNECTIONS, followRegionRedirects: false }),
    sagemaker: new SageMakerClient(common),
    sts: new STSClient(common),
  };
}

/** Closes the connections, so that the process can end. */
export function destroyClients({ common: _, ...clients }: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}

/** Whether it may go better later: no answer, a fault of the service, or throttling, for longer than the SDK tried. */
export function isPassing(error: unknown): error is Error {
  if (!(error instanceof Error) || error.name === 'AbortError') return false;
  if (!('$fault' in error)) return 'code' in error || error.name === 'TimeoutError';
  return error.$fault === 'server' || /Throttl|TooManyRequests|SlowDown/.test(error.name);
}

/** Whether a service answered, with whatever error. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error;
}

/** Whether a service answered with this error name. */
export function isServiceError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}
