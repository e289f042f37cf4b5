/**
 * What an image's tag means today, asked of its registry: no engine and no download.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
import { parseReference } from '../task/reference.ts';

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const PATIENCE_MS = 10_000;

/** Undefined where the registry does not tell everybody: the name is what there is then. */
export async function registryDigest(image: string, signal: AbortSignal): Promise<string | undefined> {
  const reference = parseReference(image);
  if (reference === undefined || reference.digest !== undefined) return reference?.digest;
  const host = reference.registry === 'docker.io' ? 'registry-1.docker.io' : reference.registry;
  const scheme = isLoopback(host) ? 'http' : 'https';
  const url = `${scheme}://${host}/v2/${reference.repository}/manifests/${reference.tag}`;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(url, { method: 'HEAD', headers: { accept: ACCEPT, ...headers }, signal: patience });
  try {
    let answer = await ask({});
    if (answer.status === 401) {
      const token = await anonymousToken(answer.headers.get('www-authenticate') ?? '', patience);
      if (token === undefined) return undefined;
      answer = await ask({ authorization: `Bearer ${token}` });
    }
    const digest = answer.headers.get('docker-content-digest') ?? '';
    return answer.ok && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
  } catch (error) {
    signal.throwIfAborted();
    const told = error instanceof TypeError || error instanceof SyntaxError;
    if (told || (error as Error).name === 'TimeoutError') return undefined;
    throw error;
  }
}

/** Docker asks registries of the machine itself without TLS. */
function isLoopback(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(host);
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function anonymousToken(challenge: string, signal: AbortSignal): Promise<string | undefined> {
  if (!/^bearer /i.test(challenge)) return undefined;
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, key = '', quoted, word]) => [
      key,
      quoted ?? word ?? '',
    ]),
  );
  const url = URL.parse(realm ?? '');
  if (url === null || !(url.protocol === 'https:' || isLoopback(url.host))) return undefined;
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const answer = await fetch(url, { signal });
  if (!answer.ok) return undefined;
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? other;
}
