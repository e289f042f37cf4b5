/** Images built by a real engine and pushed to a real registry behind ECR's API, by the bundle as a process. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDockerImage, findImage } from '../../src/aws/registry.ts';
import type { StandIn, StepResult } from '../action/stand-in.ts';
import { BASE, type BuilderKind, docker, forget, freshName, MAY_EMPTY, Runner, startStandIn } from './engine.ts';

const BUILDERS: readonly BuilderKind[] = ['BuildKit', 'the classic builder'];
const WORKER = 'print("made:", open("/made").read().strip())\n';

let aws: StandIn;
let ecr: ECRClient;
beforeAll(async () => {
  aws = await startStandIn();
  ecr = new ECRClient({
    region: 'us-east-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'AKIASOMEBODYELSE0000', secretAccessKey: 'x' },
  });
});
afterAll(async () => {
  await aws.stop();
  const { host } = new URL(aws.url);
  for (const pattern of [`${host}/*`, `${host}/*/*`]) forget(pattern);
});

interface Given {
  readonly inputs?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly runner?: Runner;
}

/** A step of a new project whose image is built on the base image. */
function steps(files: Record<string, string>, runner: Runner, inputs: Record<string, string> = {}) {
  const project = freshName();
  const workspace = aws.workspace({ 'w.py': WORKER, ...files });
  const run = (more: Record<string, string> = {}, env: Record<string, string> = {}): Promise<StepResult> => {
    const all = { task: 't', project, entrypoint: 'w.py', image: BASE, spot: 'false', ...inputs, ...more };
    return aws.run(workspace, all, { ...runner.env, ...env });
  };
  return { project, workspace, run };
}

async function tags(repositoryName: string): Promise<string[]> {
  const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName }));
  return imageIds.flatMap(({ imageTag }) => imageTag ?? []).sort();
}

/** The same image in OCI's media types. */
function ociManifest(manifest: string): string {
  return manifest
    .replace('docker.distribution.manifest.v2', 'oci.image.manifest.v1')
    .replace('docker.container.image', 'oci.image.config')
    .replaceAll('docker.image.rootfs.diff.tar.gzip', 'oci.image.layer.v1.tar+gzip');
}

/** What is left of a group's lines when workflow commands are taken out. */
function lines({ stdout }: StepResult): string[] {
  return stdout.split('\n').filter((line) => !line.startsWith('::'));
}

describe.each(BUILDERS)('an image built by %s', (builder) => {
  it('is used by the job, and neither built nor pushed again', async () => {
    const runner = new Runner(aws, builder);
    const { project, run } = steps({ 'docker/Dockerfile': 'COPY made.txt /made\n', 'docker/made.txt': 'yes' }, runner, {
      dockerfile: 'docker',
      'skip-if': 'never',
    });
    const first = await run();
    expect(first.code, first.stdout).toBe(0);
    expect(lines(first)).toContain('made: yes');
    const uri = first.outputs['image-uri'] ?? '';
    expect(uri).toMatch(new RegExp(`^${new URL(aws.url).host}/${project}:[0-9a-f]{64}$`));
    // The base image is the engine's alone: a second hash knows it by its name.
    const there = await tags(project);
    expect(there).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(there).toContain(uri.split(':').at(-1));
    expect(lines(first).some((line) => /^\[image\] .*COPY made.txt \/made/.test(line))).toBe(true);
    expect(runner.calls().find((call) => call.startsWith('build '))).toContain(' --platform linux/amd64 ');
    // Another runner, which has no engine at all.
    await aws.clearRequests();
    const second = await run({}, { DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(second.code, second.stdout).toBe(0);
    expect(lines(second)).toContain('made: yes');
    expect(second.outputs['image-uri']).toBe(first.outputs['image-uri']);
    expect(runner.builds()).toBe(1);
    expect((await aws.calls())['PutImage']).toBeUndefined();
    expect(await tags(project)).toEqual(there);
  });

  it.skipIf(!MAY_EMPTY)('has its layers again on a fresh runner, from the image before', async () => {
    const runner = new Runner(aws, builder);
    const dockerfile = (word: string): string => `RUN date +%s%N > /made\nRUN echo ${word} > /word\n`;
    const context = { dockerfile: 'Dockerfile', 'docker-context': '.' };
    const { project, run, workspace } = steps({ Dockerfile: dockerfile('one'), '.dockerignore': '*' }, runner);
    const made = (result: StepResult): string | undefined => lines(result).find((line) => line.startsWith('made: '));
    const first = await run(context);
    forget(`${new URL(aws.url).host}/${project}`);
    writeFileSync(join(workspace, 'Dockerfile'), dockerfile('two'));
    const second = await run(context);
    expect(second.code, second.stdout).toBe(0);
    expect(runner.builds()).toBe(2);
    expect(made(first)).toMatch(/\d{15,}/);
    expect(made(second)).toBe(made(first));
  });

  it('that fails says why, at the line of the Dockerfile', async () => {
    const runner = new Runner(aws, builder);
    const failing = { 'train/Dockerfile': 'RUN echo fine\n# more\nRUN echo ::error::oh >&2 && \\\n  cat /not-there\n' };
    const { project, run } = steps(failing, runner, { dockerfile: 'train/Dockerfile' });
    await aws.clearRequests();
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error title=[^:]*,file=train\/Dockerfile,line=3,endLine=[34]::.*\/not-there/m);
    expect(stdout).toMatch(
      /^::error::train\/Dockerfile:3: The image could not be built for linux\/amd64:.*No such file or directory/m,
    );
    // A line of the build is no command.
    expect(stdout).not.toMatch(/^::error::oh/m);
    const calls = await aws.calls();
    expect([calls['PutImage'], calls['CreateTrainingJob']]).toEqual([undefined, undefined]);
    expect(await tags(project)).toEqual([]);
    expect(docker('ps', '--all', '--format', '{{.Command}}')).not.toContain('not-there');
  });
});

describe('a build', () => {
  it('takes a text, arguments, a context, a repository and a tag', async () => {
    const runner = new Runner(aws);
    const text =
      'ARG WORD=none\nARG BASE=__BASE_IMAGE__\nFROM $BASE\nARG WORD\nCOPY made.txt /\nRUN echo $WORD $(cat /made.txt) > /made';
    const { run } = steps({ 'data/made.txt': 'context' }, runner, {
      dockerfile: text,
      'docker-context': 'data',
      'build-args': 'WORD=argument with blanks',
      'ecr-repository': `team/${freshName()}`,
      'image-tag': 'v1',
    });
    const ran = await run();
    expect(ran.code, ran.stdout).toBe(0);
    expect(lines(ran)).toContain('made: argument with blanks context');
    const repository = ran.outputs['image-uri']?.replace(/^[^/]+\/|:[0-9a-f]+$/g, '') ?? '';
    expect(repository).toMatch(/^team\/test-/);
    expect(await tags(repository)).toContain('v1');
  });

  it('is made anew when an image that it copies from has moved', async () => {
    const host = new URL(aws.url).host;
    const tools = freshName();
    const runner = new Runner(aws);
    const make = steps({}, runner, { project: tools, 'image-tag': 'stable', 'skip-if': 'never' });
    const child = steps({}, runner, {
      dockerfile: `FROM __BASE_IMAGE__\nCOPY --from=${host}/${tools}:stable /made /made`,
    });
    for (const word of ['old', 'new']) {
      expect((await make.run({ dockerfile: `RUN echo ${word} > /made` })).code).toBe(0);
      const ran = await child.run();
      expect(ran.code, ran.stdout).toBe(0);
      expect(lines(ran)).toContain(`made: ${word}`);
    }
  });

  it('leaves out what an ignore file of the Dockerfile’s own says, or is refused where the builder does not read it', async () => {
    const files = {
      'd/a.Dockerfile': 'COPY . /c/\nRUN ls /c > /made',
      'd/a.Dockerfile.dockerignore': 'secret',
      'd/secret': '',
      'd/x': '',
    };
    const inputs = { dockerfile: 'd/a.Dockerfile', 'docker-context': 'd' };
    const worker = { 'w.py': 'print(sorted(open("/made").read().split()))\n' };
    const ran = await steps({ ...files, ...worker }, new Runner(aws), inputs).run();
    expect(ran.code, ran.stdout).toBe(0);
    expect(lines(ran)).toContain("['a.Dockerfile', 'a.Dockerfile.dockerignore', 'x']");
    const refused = await steps(files, new Runner(aws, 'the classic builder'), inputs).run();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^::error::.*classic builder does not read.*Install buildx/m);
  });

  it('for an arm64 instance is one for arm64, whatever the runner is', async () => {
    const runner = new Runner(aws);
    const { project, run } = steps({ 'd/Dockerfile': 'FROM scratch\nCOPY x /x', 'd/x': '' }, runner, {
      ...{ dockerfile: 'd', image: '', entrypoint: '', 'instance-type': 'ml.p6e-gb200.36xlarge' },
    });
    await run();
    const [tag] = await tags(project);
    const name = `${new URL(aws.url).host}/${project}:${tag}`;
    expect(docker('image', 'inspect', '--format', '{{.Architecture}}', name).trim()).toBe('arm64');
  });

  it.each([
    ['by a login of its own', { kind: 'short-token', seconds: 6 }, 'RUN sleep 7 && echo second > /made'],
    [
      'again after a failure in passing',
      { kind: 'throttle', operation: 'ecr:CompleteLayerUpload', times: 1 },
      'RUN echo second > /made',
    ],
  ])('is pushed %s', async (_, fault, dockerfile) => {
    const { run } = steps({}, new Runner(aws), { 'skip-if': 'never' });
    expect((await run({ dockerfile: 'RUN echo first > /made' })).code).toBe(0);
    await aws.fault(fault);
    try {
      const ran = await run({ dockerfile });
      expect(ran.code, ran.stdout).toBe(0);
      expect(lines(ran)).toContain('made: second');
    } finally {
      await aws.liftFaults();
    }
  });

  it('needs neither the list of images nor the rule for untagged ones', async () => {
    await aws.fault({ kind: 'error', operation: 'ecr:DescribeImages', code: 'InvalidParameterException', status: 400 });
    await aws.fault({ kind: 'deny', action: 'ecr:PutLifecyclePolicy' });
    try {
      const ran = await steps({}, new Runner(aws), { dockerfile: 'RUN echo yes > /made' }).run();
      expect(ran.code, ran.stdout).toBe(0);
      expect(ran.stdout).toMatch(/^::warning::The ECR repository test-\w+ keeps images without a tag for ever/m);
    } finally {
      await aws.liftFaults();
    }
  });

  it.each([
    ['', 0],
    ['{', 1],
    ['null', 1],
  ])('takes a user’s configuration %j for what docker takes it for', async (text, code) => {
    const runner = new Runner(aws);
    writeFileSync(join(runner.config, 'config.json'), text);
    const ran = await steps({}, runner, { dockerfile: 'RUN echo yes > /made' }).run();
    expect(ran.code, ran.stdout).toBe(code);
    if (code === 1) expect(ran.stdout).toMatch(/^::error::Docker's configuration .*config\.json cannot be read/m);
  });

  it('that copies what moves by itself is told so', async () => {
    const files = { '.git/HEAD': 'x', Dockerfile: 'COPY . /c\nRUN echo yes > /made', '.dockerignore': '' };
    const ran = await steps(files, new Runner(aws), { dockerfile: 'Dockerfile' }).run();
    expect(ran.stdout).toMatch(/^::notice::The image copies .git, and so is built anew each time/m);
  });

  it('makes a repository that scans what is pushed, and is rid of images without a tag', async () => {
    const { project, run } = steps({}, new Runner(aws), { dockerfile: 'RUN echo yes > /made' });
    expect((await run()).code).toBe(0);
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [project] }));
    expect(repositories[0]?.imageScanningConfiguration).toEqual({ scanOnPush: true });
    const { lifecyclePolicyText = '' } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: project }));
    expect(JSON.parse(lifecyclePolicyText)).toMatchObject({
      rules: [{ selection: { tagStatus: 'untagged' }, action: { type: 'expire' } }],
    });
  });

  it('on an image of another account has a login to that account’s registry too', async () => {
    const registry = '763104351884.dkr.ecr.us-east-1.amazonaws.com';
    const image = `${registry}/pytorch-training:2.8.0-cpu-py312`;
    docker('tag', BASE, image);
    try {
      const runner = new Runner(aws);
      const { run } = steps({}, runner, { image: '', framework: 'pytorch', 'framework-version': '2.8.0' });
      const ran = await run({ dockerfile: 'RUN echo of another > /made' });
      expect(ran.code, ran.stdout).toBe(0);
      expect(lines(ran)).toContain('made: of another');
      expect(runner.logins()).toEqual([new URL(aws.url).host, registry].sort());
      // The engine has it: nothing is pulled.
      expect(runner.calls().filter((call) => call.startsWith('pull'))).toEqual([]);
    } finally {
      docker('image', 'rm', image);
    }
  });

  it('moves its further tag to what is there, without an engine', async () => {
    const runner = new Runner(aws);
    const { project, run } = steps({}, runner, { 'skip-if': 'never', 'image-tag': 'latest' });
    const one = { dockerfile: 'RUN echo one > /made' };
    const uris = [
      (await run(one)).outputs['image-uri'],
      (await run({ dockerfile: 'RUN echo two > /made' })).outputs['image-uri'],
    ];
    expect(uris[0]).not.toBe(uris[1]);
    const again = await run(one, { DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(again.code, again.stdout).toBe(0);
    const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: project }));
    const latest = imageIds.find(({ imageTag }) => imageTag === 'latest')?.imageDigest;
    const first = imageIds.find(({ imageTag }) => uris[0]?.endsWith(`:${imageTag}`))?.imageDigest;
    expect(latest).toBe(first);
  });

  it('keeps its credentials to itself, and the user’s configuration as it is', async () => {
    const runner = new Runner(aws);
    const own = JSON.stringify({ auths: { 'ghcr.io': { auth: 'dTpw' } }, credsStore: 'none-such' });
    writeFileSync(join(runner.config, 'config.json'), own);
    await aws.clearRequests();
    const { run } = steps({}, runner, { dockerfile: 'RUN echo yes > /made' });
    const ran = await run();
    expect(ran.code, ran.stdout).toBe(0);
    const masked = [...ran.stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, secret = '']) => secret);
    const token = masked.find((secret) => Buffer.from(secret, 'base64').toString().startsWith('AWS:')) ?? '';
    const password = Buffer.from(token, 'base64').toString().slice('AWS:'.length);
    expect(password.length).toBeGreaterThan(20);
    expect(masked).toContain(password);
    const shown = ran.stdout.replace(/^::add-mask::.*$/gm, '') + ran.summary + runner.calls().join('\n');
    expect(shown).not.toContain(password);
    expect(shown).not.toContain(token);
    expect(readFileSync(join(runner.config, 'config.json'), 'utf8')).toBe(own);
    expect(readdirSync(runner.config).sort()).toEqual(['cli-plugins', 'config.json']);
    expect(readdirSync(runner.temporary)).toEqual([]);
  });
});

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
    await aws.clearRequests();
    const second = await child.run({ dockerfile: dockerfile('two') });
    expect(second.code, second.stdout).toBe(0);
    const pulled = (await aws.requests()).filter(
      ({ action, resource }) => action === 'ecr:GetDownloadUrlForLayer' && resource.endsWith(`/${base}`),
    );
    expect(pulled).toEqual([]);
    expect((await make.run({ dockerfile: 'RUN echo new > /made' })).code).toBe(0);
    const third = await child.run({ dockerfile: dockerfile('two') });
    expect(third.code, third.stdout).toBe(0);
    expect(lines(third)).toContain('made: new');
  });
});

describe('what ECR has under the hash', () => {
  it('with OCI’s media types is given Docker’s before it is used', async () => {
    const { project, run } = steps({ 'w.py': '' }, new Runner(aws), { 'skip-if': 'never' });
    const first = await run();
    expect(first.code).toBe(0);
    const imageTag = first.outputs['image-uri']?.split(':').at(-1) ?? '';
    const signal = AbortSignal.timeout(60_000);
    const stored = await findImage(ecr, project, imageTag, signal);
    const imageManifest = ociManifest(stored?.manifest ?? '');
    const imageManifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
    const request = { repositoryName: project, imageManifest, imageManifestMediaType, imageTag };
    await ecr.send(new PutImageCommand(request));
    expect((await run()).code).toBe(0);
    const given = await findImage(ecr, project, imageTag, signal);
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
    const docker = await findImage(ecr, repositoryName, tag, signal);
    const imageManifest = ociManifest(docker?.manifest ?? '');
    const imageManifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageManifestMediaType, imageTag: 'oci' }));
    const pushed = await findImage(ecr, repositoryName, 'oci', signal);
    expect(pushed?.mediaType).toBe(imageManifestMediaType);
    if (pushed === undefined) throw new Error('it was not pushed');
    const given = await asDockerImage(ecr, repositoryName, pushed, 'oci', signal);
    expect(given.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(JSON.parse(given.manifest)).toEqual(JSON.parse(docker?.manifest ?? ''));
    expect(await findImage(ecr, repositoryName, 'oci', signal)).toEqual(given);
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

  it('that cannot be had here is given as it is, and the warning says what follows', async () => {
    const { run } = steps({ 'w.py': 'print("ran")' }, new Runner(aws), { image: 'registry.invalid/none/such:1' });
    const ran = await run();
    expect(ran.stdout).toMatch(/^::warning::registry.invalid\/none\/such:1 does not lie in ECR/m);
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

describe('an error', () => {
  const failing = async (
    { inputs = {}, files = {}, runner = new Runner(aws) }: Given,
    env: Record<string, string> = {},
  ): Promise<StepResult & { error: string }> => {
    const { run } = steps(files, runner, { dockerfile: 'RUN echo yes > /made', ...inputs });
    const ran = await run({}, env);
    expect(ran.code, ran.stdout).toBe(1);
    return { ...ran, error: decodeURIComponent(/^::error::(.*)$/m.exec(ran.stdout)?.[1] ?? '') };
  };

  it('of an engine that is not there comes before anything is made', async () => {
    const fresh = await startStandIn();
    try {
      const inputs = { task: 't', entrypoint: 'w.py', dockerfile: 'RUN true', image: BASE };
      for (const env of [{ DOCKER_HOST: 'unix:///nowhere.sock' }, { PATH: join(fresh.folder, 'nothing') }]) {
        const ran = await fresh.run(fresh.workspace({ 'w.py': '' }), inputs, { ...new Runner(fresh).env, ...env });
        expect(ran.code).toBe(1);
        expect(ran.stdout).toMatch(/::error::.*(does not answer|no docker command).*ubuntu-latest.*"image"/);
      }
      const made = (await fresh.requests()).filter(({ operation }) => /^(Create|Put|Upload)/.test(operation));
      expect(made.map(({ operation }) => operation)).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });

  it.each([
    ['a file that is not in the context', 'COPY none /made', /docker-context/],

    ['a full disk', `RUN python3 -c "open('/dev/full', 'w').write('x' * 99999)"`, /disk of the runner is full/],
    [
      'a program of another processor',
      'RUN printf "\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0" > /x; chmod +x /x; /x',
      /setup-qemu-action/,
    ],
    ['an unknown instruction', 'FROM __BASE_IMAGE__\nRUNN x', /RUNN/],
    ['a command of one’s own', 'RUN echo HTTP error 403 Forbidden && false', /Docker’s last lines/],
  ])('of %s has its remedy', async (_, dockerfile, remedy) => {
    expect((await failing({ inputs: { dockerfile } })).error).toMatch(remedy);
  });

  it('of a base that is not there has its remedy', async () => {
    const { error } = await failing({ inputs: { dockerfile: 'FROM registry.invalid/none:1', image: '' } });
    expect(error).toMatch(/base image cannot be had/);
  });

  it('of a Dockerfile that cannot be parsed is at its line', async () => {
    const ran = await failing({ inputs: { dockerfile: 'd' }, files: { 'd/Dockerfile': 'RUN a\nRUNN x\n' } });
    expect(ran.stdout).toMatch(/^::error title=[^:]*,file=d\/Dockerfile,line=2,endLine=2::/m);
  });

  it('of an image for another processor than the instance has', async () => {
    const { error } = await failing({ inputs: { 'instance-type': 'ml.p6e-gb200.36xlarge' } });
    expect(error).toMatch(/linux\/arm64/);
  });

  it.each([
    ['CreateRepository', 'ecr:CreateRepository'],
    ['a push', 'ecr:InitiateLayerUpload'],
    ['a login', 'ecr:GetAuthorizationToken'],
  ])('of no permission for %s names the page that lists all', async (_, action) => {
    await aws.fault({ kind: 'deny', action });
    try {
      const { error } = await failing({ inputs: { dockerfile: `RUN echo ${action} > /made` } });
      expect(error).toContain(action);
      expect(error).toContain('docs/aws.md');
    } finally {
      await aws.liftFaults();
    }
  });

  it('of a tag that is immutable says so; what is there already is used', async () => {
    const { project, run } = steps({}, new Runner(aws), { 'image-tag': 'v1', 'skip-if': 'never' });
    expect((await run({ dockerfile: 'RUN echo one > /made' })).code).toBe(0);
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName: project, imageTagMutability: 'IMMUTABLE' }));
    expect((await run({ dockerfile: 'RUN echo one > /made' })).code).toBe(0);
    const other = await run({ dockerfile: 'RUN echo two > /made' });
    expect(other.code).toBe(1);
    expect(other.stdout).toMatch(/^::error::The tag v1 of the ECR repository .* immutable.*"image-tag"/m);
    expect((await run({ dockerfile: 'RUN echo two > /made', 'image-tag': '' })).code).toBe(0);
  });

  it.each([
    [{ dockerfile: 'none-such' }, 'dockerfile: there is no none-such'],
    [{ dockerfile: 'empty' }, 'dockerfile: there is no Dockerfile in empty'],
    [{ dockerfile: 'RUN x', 'docker-context': 'none' }, 'dockerfile: there is no folder none'],
    [{ dockerfile: 'FROM x' }, 'image: the Dockerfile begins with an image of its own'],
    [{ dockerfile: 'FROM x', image: '', framework: 'sklearn' }, 'framework: the Dockerfile begins'],
    [{ dockerfile: 'd', image: '', framework: 'pytorhc' }, 'framework: "pytorhc" is not known'],
  ])('in %j is told before anything is made', async (inputs, text) => {
    await aws.clearRequests();
    const files = { 'empty/x': '', 'd/Dockerfile': 'FROM __BASE_IMAGE__', 'd/.dockerignore': '' };
    const { error } = await failing({ inputs, files });
    expect(error).toContain(text);
    expect(await aws.requests()).toEqual([]);
  });

  it('of a .dockerignore that is none names the pattern', async () => {
    const files = { 'd/Dockerfile': 'FROM __BASE_IMAGE__', 'd/.dockerignore': '[a' };
    expect((await failing({ inputs: { dockerfile: 'd' }, files })).error).toContain('"[a" is no pattern');
  });
});

describe('a step that is cancelled during its build', () => {
  it('ends the build, and leaves no job and no credentials', async () => {
    const runner = new Runner(aws);
    const workspace = aws.workspace({ 'w.py': WORKER });
    const inputs = { task: 't', project: freshName(), entrypoint: 'w.py', image: BASE, dockerfile: 'RUN sleep 600' };
    await aws.clearRequests();
    const step = aws.step(workspace, inputs, runner.env);
    await step.printed('sleep 600');
    const begun = Date.now();
    step.kill('SIGINT');
    const ended = await step.done;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('The step was cancelled (SIGINT)');
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect((await aws.calls())['CreateTrainingJob']).toBeUndefined();
    expect(readdirSync(runner.temporary)).toEqual([]);
    expect(docker('ps', '--format', '{{.Command}}')).not.toContain('sleep 600');
  });
});
