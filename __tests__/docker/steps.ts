/** What the tests of images share: a stand-in whose jobs run in containers, and steps of new projects on the base image. */
import { ECRClient, ListImagesCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll } from 'vitest';
import { Connection } from '../../src/aws/connection.ts';
import { Network } from '../../src/network/network.ts';
import type { StandIn, StepResult } from '../action/stand-in.ts';
import { BASE, type BuilderKind, forget, freshName, type Runner, startStandIn } from './engine.ts';

export const BUILDERS: readonly BuilderKind[] = ['BuildKit', 'the classic builder'];
export const WORKER = 'print("made:", open("/made").read().strip())\n';

export let aws: StandIn;
export let ecr: ECRClient;
export let connection: Connection;

/** One for all tests of a file; it leaves no image behind. */
export function useStandIn(): void {
  beforeAll(async () => {
    aws = await startStandIn();
    process.env['AWS_ENDPOINT_URL'] = aws.url;
    const credentials = { accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'x' };
    connection = new Connection('us-east-1', 'test', async () => credentials, new Network({}));
    ecr = connection.client(ECRClient);
  });
  afterAll(async () => {
    await aws.stop();
    const { host } = new URL(aws.url);
    for (const pattern of [`${host}/*`, `${host}/*/*`]) forget(pattern);
  });
}

/** A step of a new project whose image is built on the base image. */
export function steps(files: Record<string, string>, runner: Runner, inputs: Record<string, string> = {}) {
  const project = freshName();
  const workspace = aws.workspace({ 'w.py': WORKER, ...files });
  const run = (more: Record<string, string> = {}, env: Record<string, string> = {}): Promise<StepResult> => {
    const all = { task: 't', project, entrypoint: 'w.py', image: BASE, spot: 'false', ...inputs, ...more };
    return aws.run(workspace, all, { ...runner.env, ...env });
  };
  return { project, workspace, run };
}

export async function tags(repositoryName: string): Promise<string[]> {
  const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName }));
  return imageIds.flatMap(({ imageTag }) => imageTag ?? []).sort();
}

/** The same image in OCI's media types. */
export function ociManifest(manifest: string): string {
  return manifest
    .replace('docker.distribution.manifest.v2', 'oci.image.manifest.v1')
    .replace('docker.container.image', 'oci.image.config')
    .replaceAll('docker.image.rootfs.diff.tar.gzip', 'oci.image.layer.v1.tar+gzip');
}

/** What is left of a group's lines when workflow commands are taken out. */
export function lines({ stdout }: StepResult): string[] {
  return stdout.split('\n').filter((line) => !line.startsWith('::'));
}
