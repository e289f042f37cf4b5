import { describe, expect, it } from 'vitest';
import { DOCKER_MANIFEST, dockerManifest } from '../../src/aws/image-manifest.ts';

const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker';
const manifest = (type: string, config: string, ...layers: string[]): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: config, digest: 'sha256:c', size: 1, annotations: { a: 'b' } },
    layers: layers.map((mediaType, at) => ({ mediaType, digest: `sha256:${at}`, size: at })),
    annotations: { c: 'd' },
  });

describe('a manifest', () => {
  it('of OCI’s types becomes one of Docker’s, of the same blobs', () => {
    const given = manifest(
      `${OCI}.manifest.v1+json`,
      `${OCI}.config.v1+json`,
      `${OCI}.layer.v1.tar+gzip`,
      `${DOCKER}.image.rootfs.diff.tar.gzip`,
      `${OCI}.layer.v1.tar`,
    );
    expect(JSON.parse(dockerManifest(given) ?? '')).toEqual({
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: { mediaType: `${DOCKER}.container.image.v1+json`, digest: 'sha256:c', size: 1 },
      layers: [
        { mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, digest: 'sha256:0', size: 0 },
        { mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, digest: 'sha256:1', size: 1 },
        { mediaType: `${DOCKER}.image.rootfs.diff.tar`, digest: 'sha256:2', size: 2 },
      ],
    });
  });

  it.each([
    ['of Docker’s types', manifest(DOCKER_MANIFEST, `${DOCKER}.container.image.v1+json`)],
    [
      'with a layer that Docker’s have no type for',
      manifest(`${OCI}.manifest.v1+json`, `${OCI}.config.v1+json`, `${OCI}.layer.v1.tar+zstd`),
    ],
    ['of several platforms', JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: [] })],
    ['of schema 1', JSON.stringify({ schemaVersion: 1, fsLayers: [] })],
  ])('%s stays', (_, given) => {
    expect(dockerManifest(given)).toBeUndefined();
  });
});
