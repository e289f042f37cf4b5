/** After the step, whatever happened to it: a job that nobody follows is stopped, so that it does not go on billing. */
import type { AwsCredentialIdentityProvider } from '@aws-sdk/types';
import { createClients, destroyClients } from './aws/clients.ts';
import { stopJob } from './aws/training.ts';
import { info, warning } from './github/log.ts';
import { unsettledJob } from './github/state.ts';
import { VERSION } from './task/version.ts';

/** Throttled calls are tried again for this long. */
const STOP_MS = 60_000;

/** `credentials`: undefined for the environment's. */
export async function post(credentials: AwsCredentialIdentityProvider | undefined): Promise<void> {
  const left = unsettledJob();
  if (left === undefined) return;
  const clients = createClients(left.region, VERSION, credentials);
  try {
    switch (await stopJob(clients.sagemaker, left.job, AbortSignal.timeout(STOP_MS))) {
      case 'stopping':
        warning(`The step ended before its job ${left.job} did: the job is being stopped.`);
        return;
      case 'ended':
      case 'absent':
        info(`Nothing to stop: ${left.job} is not running.`);
        return;
    }
  } finally {
    destroyClients(clients);
  }
}
