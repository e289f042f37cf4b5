/** The examples that build an image, in a runner with a Docker engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow } from '../workflows/act.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { BASE, docker, forget } from './engine.ts';

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
  expect(docker('ps', '--all', '--quiet', '--filter', 'label=sagemaker-local')).toBe('');
  return ran.log;
}

describe('the examples', () => {
  it('6: an image built, data shared, tasks chained, metrics read, and a task neither built nor run again', async () => {
    const log = await example('examples/example6/workflow.yml');
    expect(log).toMatch(/\[image\] .*RUN pip3 install --no-cache-dir tabulate/);
    expect(log.match(/^Image: building /gm)).toHaveLength(1);
    for (const host of [1, 2]) {
      expect(log).toContain(`[algo-${host}] INFO:__main__:Input data: ['sample_data${host}.txt']`);
      // Printed by the package that the image has.
      expect(log).toMatch(new RegExp(`^\\[algo-${host}\\] sample_data${host}.txt +14$`, 'm'));
      expect(log).toContain(`sagemaker-output/task6-1/model/sample_data${host}.txt_proc_by_algo-${host}\n`);
      expect(log).toContain(`sagemaker-output/task6-1/model/output_algo-${host}\n`);
      expect(log).toContain(`[algo-${host}] INFO:__main__:Model of task 1: ['model.tar.gz']`);
      expect(log).toContain(`[algo-${host}] INFO:__main__:Hyperparams: {'task_type': '2'}`);
    }
    // From requirements.txt, installed on each instance.
    for (const host of [1, 2]) {
      expect(log).toMatch(new RegExp(`^\\[algo-${host}\\] .*Successfully installed humanize-`, 'm'));
      expect(log).toMatch(new RegExp(`^\\[algo-${host}\\] INFO:__main__:Persons: \\['[\\d.]+ (Bytes|kB)'\\]$`, 'm'));
    }
    expect(log).toContain('Dependencies: external dependency, internal dependency');
    const state = [...log.matchAll(/State of task 1: \[(.*)\]/g)].flatMap(([, files = '']) => files.split(', '));
    expect(state.sort()).toEqual(
      [1, 2].flatMap((host) => [`'algo-${host}/__COMPLETED__'`, `'algo-${host}/state_algo-${host}'`]),
    );
    expect(log).toMatch(/Skipped: simple-sagemaker-example-task6-1-\S+ completed this task/);
    expect(log).toContain('metrics: {"Score":30}; skipped: true; same job: true');
  });

  it('single file: two tasks of one worker, in an image of its own that is built once', async () => {
    const log = await example('examples/single_file/workflow.yml');
    expect(log).toMatch(/\[image\] .*RUN pip3 install --no-cache-dir pandas==\S+ scikit-learn==/);
    expect(log.match(/^Image: building /gm)).toHaveLength(1);
    expect(log.match(/^Image: ECR has it already, nothing is built$/gm)).toHaveLength(1);
    for (const host of [1, 2]) {
      const said = (line: string): void => expect(log).toContain(`[algo-${host}] INFO:${line}\n`);
      said('__main__:pandas 2.3.3, scikit-learn 1.7.2');
      said("__main__:Hyperparams: {'arg': 'hello world!', 'task': 1, 'worker': 1}");
      said(`__main__:Input data files: [PosixPath('/opt/ml/input/data/data/sample_data${host}.txt')]`);
      said(`__main__:State files: [PosixPath('/state/algo-${host}')]`);
      said(`task_toolkit.algo_lib:Marking instance algo-${host} completion`);
      said('task_toolkit.algo_lib:Creating instance specific state dir');
      said("__main__:Hyperparams: {'arg': 'hello world!', 'task': 2, 'worker': 1}");
      said("__main__:Input task2_data: [PosixPath('/opt/ml/input/data/task2_data/model.tar.gz')]");
      // Once a task.
      expect(log.match(new RegExp(`^\\[algo-${host}\\] INFO:__main__:finished!$`, 'gm'))).toHaveLength(2);
      expect(log).toContain(`output/output1/model/sample_data${host}.txt_proc_by_algo-${host}\n`);
    }
    // A single object goes to the first instance.
    const only = "INFO:__main__:Input task2_data_dist: [PosixPath('/opt/ml/input/data/task2_data_dist/model.tar.gz')]";
    expect(log).toContain(`[algo-1] ${only}`);
    expect(log).toContain('[algo-2] INFO:__main__:Input task2_data_dist: []');
  });
});
