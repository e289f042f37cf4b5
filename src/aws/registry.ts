/** Images in ECR: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html */
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { Clients } from './clients.ts';
import { isPassing } from './clients.ts';

/** What an image is, whatever its tag says tomorrow: its digest; undefined where it is not to be had. */
export async function imageDigest(clients: Clients, uri: string, signal: AbortSignal): Promise<string | undefined> {
  const [, named, digest] = /^(.*?)(?:@(sha256:[0-9a-f]{64}))?$/.exec(uri) ?? [];
  if (digest !== undefined) return digest;
  const match = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z.]+\/([^:]+)(?::(.+))?$/.exec(named ?? '');
  if (match === null) return undefined;
  const [, registryId, region, repositoryName, imageTag = 'latest'] = match;
  const client = new ECRClient({ ...clients.common, region: region ?? '' });
  try {
    const request = { registryId, repositoryName, imageIds: [{ imageTag }] };
    const { images = [] } = await client.send(new BatchGetImageCommand(request), { abortSignal: signal });
    return images[0]?.imageId?.imageDigest;
  } catch (error) {
    signal.throwIfAborted();
    // Without the right to ask, or with a repository that does not answer for it, the URI is what there is.
    if (isPassing(error) || !(error instanceof Error && '$fault' in error)) throw error;
    return undefined;
  } finally {
    client.destroy();
  }
}
