import { PutImageCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { asDockerImage, findImage } from '../../src/aws/ecr.ts';
import { BASE, docker, forget, freshName, Runner } from './engine.ts';
import { aws, BUILDERS, connection, ecr, lines, ociManifest, steps, tags, useStandIn } from './steps.ts';

useStandIn();

describe.each(BUILDERS)('a base image in ECR, for %s', (builder) => {
  it('is had by a login of its own, is not pulled again, and makes another image when its tag has moved', async () => {
    const host = new URL(aws.url).host;
    const runner = new Runner(aws, builder);
    const base = freshName();
    const make = steps({}, runner, { project: base, 'image-tag': 'stable', 'skip-if': 'never' });
    const child = steps({}, runner, { image: '', 'skip-if': 'never' });
    const dockerfile = (word: string): string => `FROM ${host}/${base}:stable\nRUN echo ${word} > /word`;
    expect((await make.run({ dockerfile: 'RUN echo old > /made' })).code).toBe(0);
    forget(`${host}/${base}`);
    const first = await child.run({ dockerfile: dockerfile('one') });
    expect(first.code, first.stdout).toBe(0);
    expect(lines(first)).toContain('made: old');
    const pulled: number[] = [];
    // Another file's test may empty the builder's cache meanwhile, so one of three counts.
    for (const word of ['two', 'three', 'four']) {
      await aws.clearRequests();
      const again = await child.run({ dockerfile: dockerfile(word) });
      expect(again.code, again.stdout).toBe(0);
      const layers = (await aws.requests()).filter(
        ({ action, resource }) => action === 'ecr:GetDownloadUrlForLayer' && resource.endsWith(`/${base}`),
      );
      pulled.push(layers.length);
      if (layers.length === 0) break;
    }
    expect(pulled.at(-1), pulled.join(', ')).toBe(0);
    expect((await make.run({ dockerfile: 'RUN echo new > /made' })).code).toBe(0);
    const last = await child.run({ dockerfile: dockerfile('two') });
    expect(last.code, last.stdout).toBe(0);
    expect(lines(last)).toContain('made: new');
  });
});

describe('what ECR has under the hash', () => {
  it('with OCI’s media types is given Docker’s before it is used', async () => {
    const { project, run } = steps({ 'w.py': '' }, new Runner(aws), { 'skip-if': 'never' });
    const first = await run();
    expect(first.code).toBe(0);
    const imageTag = first.outputs['image-uri']?.split(':').at(-1) ?? '';
    const signal = AbortSignal.timeout(60_000);
    const stored = await findImage(connection, project, imageTag, signal);
    const imageManifest = ociManifest(stored?.manifest ?? '');
    const imageManifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
    const request = { repositoryName: project, imageManifest, imageManifestMediaType, imageTag };
    await ecr.send(new PutImageCommand(request));
    expect((await run()).code).toBe(0);
    const given = await findImage(connection, project, imageTag, signal);
    expect(JSON.parse(given?.manifest ?? '')).toEqual(JSON.parse(stored?.manifest ?? ''));
  });
});

describe('an image', () => {
  it('that only the engine has is copied anew when it is another', async () => {
    const image = `${freshName()}:1`;
    const { run } = steps({}, new Runner(aws), { image });
    for (const word of ['one', 'two']) {
      const folder = aws.workspace({ Dockerfile: `FROM ${BASE}\nRUN echo ${word} > /made\n` });
      docker('build', '--quiet', '--tag', image, folder);
      const ran = await run();
      expect(ran.code, ran.stdout).toBe(0);
      expect(lines(ran)).toContain(`made: ${word}`);
    }
    docker('image', 'rm', image);
  });

  it('that an engine pushed with OCI’s media types is given Docker’s, under the same tag', async () => {
    const { project, run } = steps({ 'w.py': '' }, new Runner(aws));
    expect((await run()).code).toBe(0);
    const [repositoryName, [tag = '']] = [project, await tags(project)];
    const signal = AbortSignal.timeout(60_000);
    const docker = await findImage(connection, repositoryName, tag, signal);
    const imageManifest = ociManifest(docker?.manifest ?? '');
    const imageManifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageManifestMediaType, imageTag: 'oci' }));
    const pushed = await findImage(connection, repositoryName, 'oci', signal);
    expect(pushed?.mediaType).toBe(imageManifestMediaType);
    if (pushed === undefined) throw new Error('it was not pushed');
    const given = await asDockerImage(connection, repositoryName, pushed, 'oci', signal);
    expect(given.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(JSON.parse(given.manifest)).toEqual(JSON.parse(docker?.manifest ?? ''));
    expect(await findImage(connection, repositoryName, 'oci', signal)).toEqual(given);
  });

  it('that lies elsewhere than in ECR is copied there', async () => {
    const runner = new Runner(aws);
    const { project, run } = steps({ 'w.py': 'print("in", __file__)' }, runner);
    const ran = await run();
    expect(ran.code, ran.stdout).toBe(0);
    expect(ran.outputs['image-uri']).toMatch(new RegExp(`^${new URL(aws.url).host}/${project}:[0-9a-f]{64}$`));
    // What it says it ran in can be given as it is.
    const same = await run({ image: ran.outputs['image-uri'] ?? '', 'skip-if': 'never' });
    expect(same.code, same.stdout).toBe(0);
    expect(same.outputs['image-uri']).toBe(ran.outputs['image-uri']);
    expect(runner.builds()).toBe(1);
  });

  it('that cannot be pulled here is given as it is, and the warning says what follows', async () => {
    const { run } = steps({ 'w.py': 'print("ran")' }, new Runner(aws), { image: 'registry.invalid/none/such:1' });
    const ran = await run();
    expect(ran.stdout).toMatch(
      /^::warning::SageMaker pulls images only from ECR, and registry.invalid\/none\/such:1 could not be copied there/m,
    );
    expect(ran.outputs['image-uri']).toBe('registry.invalid/none/such:1');
  });

  it('runs by its own entry point, with its arguments', async () => {
    const text = `ENTRYPOINT ["sh", "-c", "echo own $0 $*; cat /opt/ml/input/config/hyperparameters.json; echo done > /opt/ml/model/x"]`;
    const { run } = steps({}, new Runner(aws), { entrypoint: '', dockerfile: text, hyperparameters: 'lr=0.1' });
    const ran = await run({ arguments: `one 'two three'` });
    expect(ran.code, ran.stdout).toBe(0);
    expect(lines(ran).join('\n')).toContain('own one two three');
    expect(lines(ran).join('\n')).toContain('{"lr": "0.1"}');
    const plain = await run();
    expect(lines(plain).join('\n')).toContain('own train');
  });

  it('without Python runs shell lines, with the variables of a worker', async () => {
    const text = `FROM __BASE_IMAGE__ AS full\nRUN rm -rf /usr/bin/python* /usr/lib/python*`;
    const { run } = steps({}, new Runner(aws), {
      ...{ entrypoint: '', dockerfile: text, hyperparameters: 'lr=0.1' },
      run: 'command -v python3 || echo no python\necho "lr $SM_HP_LR on $SM_CURRENT_HOST"\necho m > "$SM_MODEL_DIR/m"',
    });
    const ran = await run();
    expect(ran.code, ran.stdout).toBe(0);
    expect(lines(ran)).toEqual(expect.arrayContaining(['no python', 'lr 0.1 on algo-1']));
  });
});
