/** Tasks that take what other tasks left: over steps, by task and by job; and what is said when that is not there. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, StandIn } from './stand-in.ts';

const PREPARE = `
import os
from task_toolkit import algo_lib
args = algo_lib.parseArgs()
for folder, name in ((args.model_dir, "m"), (args.output_data_dir, "o"), (algo_lib.initMultiWorkersState(args), "s")):
    open(os.path.join(folder, name), "w").write(args.job_name)
`;
const SHOW = `
import os
for folder, _, files in os.walk("/opt/ml/input/data"):
    for name in files:
        if "ssm_code" not in folder and not name.endswith("-manifest"):
            print("FOUND", os.path.relpath(os.path.join(folder, name), "/opt/ml/input/data"))
`;
const FILES = { 'prepare.py': PREPARE, 'show.py': SHOW };
const found = (stdout: string): string[] =>
  [...stdout.matchAll(/^FOUND (.*)$/gm)].map((match) => match[1] ?? '').sort();

let aws: StandIn;
let prepared = '';
beforeAll(async () => {
  aws = await StandIn.start();
  const { outputs } = await aws.run(aws.workspace(FILES), { task: 'prepare', entrypoint: 'prepare.py' });
  prepared = outputs['job-name'] ?? '';
});
afterAll(() => aws.stop());

describe("a task's results", () => {
  it.each([
    ['task:prepare', false],
    ['job:', true],
  ])('are read by %s', async (start, byJob) => {
    const from = byJob ? `job:${prepared}` : start;
    const inputs = [
      `model=${from}/model`,
      `output=${from}/output`,
      `source=${from}/source`,
      `state=${from}/state`,
      `below=${from}/state/algo-1`,
    ];
    const { stdout, code } = await aws.run(aws.workspace(FILES), {
      ...{ task: `show-${byJob}`, entrypoint: 'show.py', inputs: inputs.join('\n') },
    });
    expect(code).toBe(0);
    expect(found(stdout)).toEqual([
      'below/s',
      'model/model.tar.gz',
      'output/output.tar.gz',
      'source/sourcedir.tar.gz',
      'state/algo-1/s',
    ]);
  });

  it('of a named job stay that job’s, whatever ran since', async () => {
    const again = await aws.run(aws.workspace(FILES), {
      ...{ task: 'prepare', entrypoint: 'prepare.py', 'skip-if': 'never' },
    });
    const workspace = aws.workspace(FILES);
    const run =
      'tar -xzOf /opt/ml/input/data/old/model.tar.gz m; echo; tar -xzOf /opt/ml/input/data/new/model.tar.gz m; echo';
    const inputs = `old=job:${prepared}/model\nnew=task:prepare/model`;
    const { stdout } = await aws.run(workspace, { task: 'compare', run, inputs });
    for (const job of [prepared, again.outputs['job-name']]) expect(stdout).toContain(`\n${job}\n`);
  });

  it('of another project are read by job', async () => {
    const inputs = `model=job:${prepared}/model`;
    const other = { task: 'show', project: 'other', entrypoint: 'show.py', inputs };
    const { stdout, code } = await aws.run(aws.workspace(FILES), other);
    expect(code).toBe(0);
    expect(found(stdout)).toEqual(['model/model.tar.gz']);
  });

  it.each([
    ['m=task:prepar/model', /"prepar" of the project "project" has not completed.*prepare \(Completed\)/],
    ['m=job:no-such-job/model', /the training job no-such-job does not exist/],
    ['m=task:fails/model', /"fails" of the project "project" has not completed.*fails \(Failed\)/],
    ['m=task:nothing/model', /left no model/],
    [`m=task:prepare/state/${'x/'.repeat(500)}`, /its S3 URI has more than 1024 characters, .* \(channel "m"\)/],
    ['m=s3://sagemaker-us-east-1-123456789012/project/prepare/state\nn=task:x/model', /"x" of the project/],
  ])('%s is a mistake before anything is created', async (inputs, what) => {
    const workspace = aws.workspace(FILES);
    await aws.run(workspace, { task: 'fails', run: 'exit 3' });
    await aws.run(workspace, { task: 'nothing', run: 'true' });
    await aws.clearRequests();
    const { stdout, code } = await aws.run(workspace, { task: 'wrong', entrypoint: 'show.py', inputs });
    expect(code).toBe(1);
    expect(stdout.replaceAll('%0A', '\n')).toMatch(what);
    expect((await aws.requests()).filter(({ operation }) => /^(Create|Put|Delete)/.test(operation))).toEqual([]);
  });
});

describe('a step that starts nothing', () => {
  it('takes the last completed job, whatever the checkout', async () => {
    const workspace = aws.workspace({});
    const { outputs, code } = await aws.run(workspace, { task: 'prepare', mode: 'collect', download: 'model, state' });
    expect(code).toBe(0);
    const taken = readText(join(workspace, 'sagemaker-output', 'prepare', 'model', 'm'));
    expect(outputs).toMatchObject({ 'job-name': taken, status: 'Completed', skipped: 'false' });
    expect(outputs['fingerprint']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes the job that is named', async () => {
    const workspace = aws.workspace({});
    const { code } = await aws.run(workspace, { task: 'x', 'job-name': prepared, download: 'model, source' });
    expect(code).toBe(0);
    expect(readText(join(workspace, 'sagemaker-output', 'x', 'model', 'm'))).toBe(prepared);
    expect(readText(join(workspace, 'sagemaker-output', 'x', 'source', 'prepare.py'))).toBe(PREPARE);
  });

  it('follows the newest job while it runs', async () => {
    const running = aws.step(aws.workspace({}), {
      task: 'long',
      run: 'echo begun; sleep 6; echo ended',
      download: 'logs',
    });
    await running.printed('begun');
    const workspace = aws.workspace({});
    const { stdout, code } = await aws.run(workspace, { task: 'long', mode: 'collect', download: 'logs' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Following project-long-/);
    expect(readText(join(workspace, 'sagemaker-output', 'long', 'logs', 'logs0'))).toMatch(/begun[\s\S]*ended\n/);
    expect((await running.done).code).toBe(0);
  });

  it('names what there is where there is nothing to take', async () => {
    const { stdout, code } = await aws.run(aws.workspace({}), { task: 'nope', mode: 'collect' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/task "nope" has no job .*prepare \(Completed\)/);
    const wrong = await aws.run(aws.workspace({}), {
      task: 'nope',
      mode: 'collect',
      entrypoint: 'w.py',
      spot: 'false',
    });
    expect(wrong.stdout).toMatch(/entrypoint: it has no effect with "mode: collect"/);
    expect(wrong.stdout).toMatch(/spot: it has no effect with "mode: collect"/);
  });
});
