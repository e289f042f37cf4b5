/**
 * Converts an image's manifest to Docker's schema 2. SageMaker refuses OCI's media types
 * (https://github.com/aws/amazon-sagemaker-feedback/issues/180), which recent engines push. The blobs stay the same.
 */

export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

const DOCKER_TYPES: Readonly<Record<string, string>> = {
  'application/vnd.oci.image.config.v1+json': 'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.layer.v1.tar': 'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * The manifest with Docker's media types. Undefined if it has them already, or if Docker has no type for one of its
 * layers.
 */
export function dockerManifest(manifest: string): string | undefined {
  const { schemaVersion, mediaType, config, layers } = JSON.parse(manifest) as {
    readonly schemaVersion?: number;
    readonly mediaType?: string;
    readonly config?: Blob;
    readonly layers?: readonly Blob[];
  };
  if (mediaType === DOCKER_MANIFEST || schemaVersion !== 2 || config === undefined || layers === undefined)
    return undefined;
  const blobs = [config, ...layers].map(({ mediaType: type, digest, size }) => ({
    mediaType: DOCKER_TYPES[type] ?? (Object.values(DOCKER_TYPES).includes(type) ? type : undefined),
    size,
    digest,
  }));
  if (blobs.some((blob) => blob.mediaType === undefined)) return undefined;
  const [first, ...rest] = blobs;
  return JSON.stringify({ schemaVersion, mediaType: DOCKER_MANIFEST, config: first, layers: rest });
}
