/** What goes wrong with images: each error comes before a job is made, and names its remedy. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import type { StepResult } from '../action/stand-in.ts';
import { BASE, docker, freshName, Runner, startStandIn } from './engine.ts';
import { aws, ecr, steps, useStandIn, WORKER } from './steps.ts';

useStandIn();

interface Given {
  readonly inputs?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly runner?: Runner;
}

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
    expect(error).toMatch(/base image could not be pulled/);
  });

  it('of a Dockerfile that cannot be parsed is at its line', async () => {
    const ran = await failing({ inputs: { dockerfile: 'd' }, files: { 'd/Dockerfile': 'RUN a\nRUNN x\n' } });
    expect(ran.stdout).toMatch(/^::error title=[^:]*,file=d\/Dockerfile,line=2,endLine=2::/m);
  });

  it('of a Dockerfile that the action cannot read comes from Docker', async () => {
    const ran = await failing({ inputs: { dockerfile: 'COPY --of-a-later-docker=x a /made' } });
    expect(ran.stdout).toMatch(/^::notice::.*could not read all .*line 2: unknown flag --of-a-later-docker.*counts/m);
    expect(ran.error).toMatch(/of-a-later-docker/);
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
    expect(other.stdout).toMatch(
      /^::error::Another image has the tag v1 in the ECR repository .* immutable.*"image-tag"/m,
    );
    expect((await run({ dockerfile: 'RUN echo two > /made', 'image-tag': '' })).code).toBe(0);
  });

  it.each([
    [{ dockerfile: 'none-such' }, 'dockerfile: "none-such" does not exist in '],
    [{ dockerfile: 'empty' }, 'dockerfile: the folder empty contains no Dockerfile'],
    [
      { dockerfile: 'RUN x', 'docker-context': 'none' },
      'dockerfile: the folder none of "docker-context" does not exist in ',
    ],
    [{ dockerfile: 'FROM x' }, 'image: it has no effect, because the Dockerfile has its own base image'],
    [
      { dockerfile: 'FROM x', image: '', framework: 'sklearn' },
      'framework: it has no effect, because the Dockerfile has its own base image',
    ],
    [{ dockerfile: 'd', image: '', framework: 'pytorhc' }, 'framework: "pytorhc" is not a known framework'],
  ])('in %j is told before anything is made', async (inputs, text) => {
    await aws.clearRequests();
    const files = { 'empty/x': '', 'd/Dockerfile': 'FROM __BASE_IMAGE__', 'd/.dockerignore': '' };
    const { error } = await failing({ inputs, files });
    expect(error).toContain(text);
    expect(await aws.requests()).toEqual([]);
  });

  it('of a .dockerignore that is not valid names the pattern', async () => {
    const files = { 'd/Dockerfile': 'FROM __BASE_IMAGE__', 'd/.dockerignore': '[a' };
    expect((await failing({ inputs: { dockerfile: 'd' }, files })).error).toContain('"[a" is not a valid pattern');
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
