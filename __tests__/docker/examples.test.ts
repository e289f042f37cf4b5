/** The examples that build an image, in a runner with a Docker engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow } from '../workflows/act.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { expectEnough, makeInputs, roleFor } from '../workflows/on-aws.ts';
import { cameBack, each, logged, printed } from '../workflows/worker-log.ts';
import { BASE, docker, forget, startStandIn } from './engine.ts';

const HUB = 'python:3.12-slim';

let artifacts: ArtifactServer;
let named = false;
beforeAll(async () => {
  artifacts = await ArtifactServer.start();
  // The examples take it from Docker Hub.
  named = docker('image', 'ls', '--quiet', HUB) === '';
  if (named) docker('tag', BASE, HUB);
});
afterAll(async () => {
  await artifacts.stop();
  forget('127.0.0.1*/task*_repo');
  if (named) docker('image', 'rm', HUB);
});

const environment = (): Record<string, string> => ({
  ...artifacts.environment,
  DOCKER_HOST: process.env['TEST_DOCKER_HOST'] ?? '',
  DOCKER_CONFIG: process.env['TEST_DOCKER_CONFIG'] ?? '',
});

async function example(workflow: string): Promise<string> {
  const ran = await runWorkflow({ workflow, env: environment() });
  expect(ran.jobs, ran.log).toEqual({ [`${workflow.split('/')[1]}/train`]: 'success' });
  expect(ran.orphans).toEqual([]);
  // Other files of tests have containers of their own; a label is the data folder of the server that made them.
  const labels = docker('ps', '--all', '--filter', 'label=sagemaker-local', '--format', '{{.Label "sagemaker-local"}}');
  expect(labels.split('\n').filter((folder) => folder.includes('/act-'))).toEqual([]);
  return ran.log;
}

const HOSTS = [
  ['algo-1', 1],
  ['algo-2', 2],
] as const;

/** The name of the first job. */
const startedIn = (log: string): string => /^Started (\S+) on 2 × /m.exec(log)?.[1] ?? '';

/** The files of its channels that a worker listed first, but the code's. */
function inputs(lines: readonly string[]): string[] {
  const start = '[File] /opt/ml/input/data/';
  const files = lines.flatMap((line) => (line.startsWith(start) ? line.slice(start.length) : []));
  return files.filter((path) => path.includes('/') && !path.startsWith('ssm_code/'));
}

describe('the examples', () => {
  it('6: an image built, data shared, tasks chained, metrics read, and a task neither built nor run again', async () => {
    const log = await example('examples/example6/workflow.yml');
    expect(log).toMatch(/\[image\] .*RUN pip3 install --no-cache-dir tabulate/);
    expect(log.match(/^Image: building /gm)).toHaveLength(1);
    const job = startedIn(log);
    const shared: string[] = [];
    for (const [host, number] of HOSTS) {
      const first = printed(log, 1, host);
      expect(first).toMatch(/^\S*python\S* worker6\.py --task_type 1\n\n-- Internal Lib2 imported!$/m);
      expect(first).toMatch(/Successfully installed humanize-/);
      const lines = logged(first, '__main__');
      expect(lines).toEqual(
        expect.arrayContaining([
          'input channel data is at /opt/ml/input/data/data',
          'input channel persons is at /opt/ml/input/data/persons',
          expect.stringMatching(/^it has [\d.]+ (Bytes|kB)$/),
          '[Dir ] /opt/ml/code/internal_dependency',
          `[Dir ] /state/${host}`,
        ]),
      );
      expect(inputs(lines)).toEqual([`data/sample_data${number}.txt`, 'persons/persons.json']);
      const end = lines.slice(lines.indexOf('tabulate is pre-installed in this image'));
      expect(end.filter((line) => !line.startsWith('[Dir ]'))).toEqual([
        'tabulate is pre-installed in this image',
        '*** START listing files in /opt/ml',
        `[File] /opt/ml/model/sample_data${number}.txt_proc_by_${host}`,
        `[File] /opt/ml/output/data/output_${host}`,
        '*** END file listing /opt/ml',
        '*** START listing files in /state',
        `[File] /state/${host}/__COMPLETED__`,
        `[File] /state/${host}/${host}`,
        '*** END file listing /state',
        'finished!',
      ]);

      const second = printed(log, 2, host);
      expect(second).toMatch(/^\S*python\S* worker6\.py --task_type 2\n\n-- Internal Lib2 imported!$/m);
      expect(second).toContain('-- External Lib1 imported!\nINFO:__main__:Score=10;\nINFO:__main__:Score=20;\n');
      const [model, ...state] = inputs(logged(second, '__main__'));
      expect(model).toBe('task_6_1_model/model.tar.gz');
      shared.push(...state);
    }
    const folder = (name: string): Record<string, string> => cameBack(log, `sagemaker-output/${name}`);
    expect(folder('task6-1/model')).toEqual({
      'sample_data1.txt_proc_by_algo-1': 'sample data content 1 processed by algo-1',
      'sample_data2.txt_proc_by_algo-2': 'sample data content 2 processed by algo-2',
    });
    const state = {
      'algo-1/algo-1': 'state_algo-1',
      'algo-2/algo-2': 'state_algo-2',
      ...each(['algo-1/__COMPLETED__', 'algo-2/__COMPLETED__'], job),
    };
    expect(folder('task6-1/state')).toEqual(state);
    expect(shared.sort()).toEqual(
      Object.keys(state)
        .map((path) => `task_6_1_state/${path}`)
        .sort(),
    );
    expect(folder('task6-1/output')).toEqual({ 'output_algo-1': 'output_algo-1' });
    expect(Object.keys(folder('task6-2/state'))).toEqual(
      expect.arrayContaining(['algo-1/__COMPLETED__', 'algo-2/__COMPLETED__']),
    );
    expect(log).toMatch(/Skipped: simple-sagemaker-example-task6-1-\S+ completed this task/);
    expect(log).toContain('metrics: {"Score":20}; skipped: true; same job: true');
  });

  it('single file: two tasks of one worker, in an image of its own that is built once', async () => {
    const log = await example('examples/single_file/workflow.yml');
    expect(log).toMatch(/\[image\] .*RUN pip3 install --no-cache-dir jinja2==\S+ pyyaml==/);
    expect(log.match(/^Image: building /gm)).toHaveLength(1);
    expect(log.match(/^Image: ECR has it already, so it is not built again$/gm)).toHaveLength(1);
    for (const [host, number] of HOSTS) {
      for (const task of [1, 2]) {
        const text = printed(log, task, host);
        expect(text).toMatch(
          new RegExp(`^\\S*python\\S* example\\.py --arg hello world! --task ${task} --worker 1\n$`, 'm'),
        );
        const data = `PosixPath('/opt/ml/input/data/data/sample_data${number}.txt')`;
        const model = (channel: string): string => `PosixPath('/opt/ml/input/data/${channel}/model.tar.gz')`;
        expect(logged(text, '__main__')).toEqual([
          'Starting worker...',
          'jinja2 3.1.6, pyyaml 6.0.3',
          `Hyperparams: {'arg': 'hello world!', 'task': ${task}, 'worker': 1}`,
          // Without a channel "data" the files of the code folder.
          task === 1 ? `Input data files: [${data}]` : expect.stringContaining("PosixPath('example.py')"),
          `State files: [PosixPath('/state/${host}')]`,
          ...(task === 1
            ? []
            : [
                `Input task2_data: [${model('task2_data')}]`,
                // A single object goes to the first instance.
                `Input task2_data_dist: [${number === 1 ? model('task2_data_dist') : ''}]`,
              ]),
          'finished!',
        ]);
        expect(logged(text, 'task_toolkit.algo_lib').slice(-3)).toEqual([
          "Deleting other instances' state",
          'Creating instance specific state dir',
          `Marking instance ${host} completion`,
        ]);
      }
    }
    expect(cameBack(log, 'output/output1/model')).toEqual({
      'sample_data1.txt_proc_by_algo-1': 'Single file sample data 1 processed by algo-1',
      'sample_data2.txt_proc_by_algo-2': 'Single file sample data 2 processed by algo-2',
      ...each(['output_algo-1', 'output_algo-2'], 'output'),
    });
    expect(cameBack(log, 'output/output1/state')).toEqual({
      ...{ 'algo-1/state_algo-1': 'state', 'algo-2/state_algo-2': 'state' },
      ...each(['algo-1/__COMPLETED__', 'algo-2/__COMPLETED__'], startedIn(log)),
    });
    expect(Object.keys(cameBack(log, 'output/output2/state')).sort()).toEqual([
      'algo-1/__COMPLETED__',
      'algo-2/__COMPLETED__',
    ]);
  });
});

describe("the template's role", () => {
  const ACCOUNT = '763104351884.dkr.ecr.us-east-1.amazonaws.com';
  const IMAGES = ['pytorch-training:2.8.0-cpu-py312', 'tensorflow-training:2.19.0-cpu-py312'];

  it.each([
    ['example6', 'simple-sagemaker-example', 'task6_repo'],
    ['single_file', 'simple-sagemaker-sf', 'task_repo'],
  ])('is enough for %s on AWS', async (name, project, EcrRepository) => {
    const images = IMAGES.flatMap((image) => ['--images', `${ACCOUNT}/${image}=${HUB}`]);
    const aws = await startStandIn(['--enforce-iam', ...images]);
    try {
      await makeInputs(aws);
      const role = await roleFor(aws, project, { EcrRepository });
      await expectEnough(aws, role, project, name, environment());
    } finally {
      await aws.stop();
    }
  });
});
