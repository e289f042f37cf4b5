/**
 * Asks a registry for the current digest of an image's tag. Needs no Docker engine and downloads nothing.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */

import { ActionError } from '../core/errors.ts';
import { parseReference } from '../core/image-reference.ts';
import type { Network } from '../network/network.ts';

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const TIMEOUT_MS = 10_000;

/** Undefined if the registry does not answer anonymous requests. Then only the image's name is known. */
export async function registryDigest(
  network: Network,
  image: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reference = parseReference(image);
  if (reference === undefined || reference.digest !== undefined) return reference?.digest;
  const host = reference.registry === 'docker.io' ? 'registry-1.docker.io' : reference.registry;
  const scheme = isLoopback(host) ? 'http' : 'https';
  const url = new URL(`${scheme}://${host}/v2/${reference.repository}/manifests/${reference.tag}`);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const ask = (headers: Record<string, string>) =>
    network.fetch(url, { method: 'HEAD', headers: { accept: ACCEPT, ...headers }, signal: deadline });
  try {
    let answer = await ask({});
    if (answer.status === 401) {
      const token = await anonymousToken(network, answer.headers.get('www-authenticate') ?? '', deadline);
      if (token === undefined) return undefined;
      answer = await ask({ authorization: `Bearer ${token}` });
    }
    const digest = answer.headers.get('docker-content-digest') ?? '';
    return answer.ok && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
  } catch (error) {
    signal.throwIfAborted();
    const isNetworkOrFormat = [ActionError, TypeError, SyntaxError].some((kind) => error instanceof kind);
    if (isNetworkOrFormat || (error as Error).name === 'TimeoutError') return undefined;
    throw error;
  }
}

/** Whether the registry is on this machine. Docker uses no TLS for those. */
function isLoopback(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(host);
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function anonymousToken(network: Network, challenge: string, signal: AbortSignal): Promise<string | undefined> {
  if (!/^bearer /i.test(challenge)) return undefined;
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/\b(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, key = '', quoted, word]) => [
      key,
      quoted ?? word ?? '',
    ]),
  );
  const url = URL.parse(realm ?? '');
  if (url === null || !(url.protocol === 'https:' || isLoopback(url.host))) return undefined;
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const answer = await network.fetch(url, { signal });
  if (!answer.ok) return undefined;
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? other;
}
