/** Images built by a real engine and pushed to a real registry behind ECR's API, by the bundle as a process. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeRepositoriesCommand, GetLifecyclePolicyCommand, ListImagesCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import type { StepResult } from '../action/stand-in.ts';
import { BASE, docker, forget, freshName, MAY_EMPTY, Runner } from './engine.ts';
import { aws, BUILDERS, ecr, lines, steps, tags, useStandIn } from './steps.ts';

useStandIn();

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

  it('holds nothing private, nor .git, nor results; what .dockerignore brings back, it does', async () => {
    const list = `import os; print(*sorted(os.path.join(d, f) for d, _, all in os.walk("/c") for f in all))`;
    const files = {
      ...{
        'in/Dockerfile': `COPY . /c\nRUN python3 -c '${list}' > /made\n`,
        'in/sub/a.txt': '',
        'in/.GIT/config': 'x',
      },
      ...{ 'in/.git/config': 'x', 'in/.env': 'x', 'in/sub/.npmrc': 'x', 'in/.aws/credentials': 'x', 'in/.netrc': 'x' },
      ...{ 'in/k.pem': '-----BEGIN PRIVATE KEY-----', 'in/out/.simple-sagemaker-output': '', 'in/out/model/w': 'x' },
      'in/.dockerignore': '*.log\n!.netrc\n',
    };
    const runner = new Runner(aws, builder);
    const { run } = steps(files, runner, { dockerfile: 'in' });
    const ran = await run();
    expect(ran.code, ran.stdout).toBe(0);
    const copied = ['.dockerignore', '.netrc', 'Dockerfile', 'sub/a.txt'].map((path) => `/c/${path}`);
    expect(lines(ran)).toContain(`made: ${copied.join(' ')}`);
    expect(ran.stdout).toMatch(
      /^::notice::Not sent, .*: in\/\.aws\/credentials, in\/\.env, in\/k\.pem, in\/sub\/\.npmrc\./m,
    );
    expect(readdirSync(runner.temporary)).toEqual([]);
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
    // A line of the build is not a workflow command.
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
      expect(ran.stdout).toMatch(
        /^::warning::The lifecycle policy of the ECR repository test-\w+ could not be set, so images/m,
      );
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
    if (code === 1) expect(ran.stdout).toMatch(/^::error::Docker's configuration .*config\.json cannot be parsed/m);
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
