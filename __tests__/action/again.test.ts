/** A task that ran before: its results are taken when it would compute the same, and not otherwise. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { readText, StandIn } from './stand-in.ts';

const WORKER = `
import json, os, sys
from task_toolkit import algo_lib
args = algo_lib.parseArgs()
print("Score=%s;" % args.hps.get("score", 1))
algo_lib.logMetrics(loss=0.25)
open(os.path.join(args.model_dir, "model"), "w").write(json.dumps(args.hps))
marks = args.hps.get("marks", "all")
if marks == "all" or (marks == "one" and args.current_host == "algo-1"):
    algo_lib.markCompleted(args)
`;

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());

const common = { entrypoint: 'w.py', metrics: 'Score=Score=(.*?);', download: 'logs, model' };
const creates = async (): Promise<number> => (await aws.calls())['CreateTrainingJob'] ?? 0;

describe('the same again', () => {
  it('takes what is there: results, outputs, log, and no job', async () => {
    const inputs = { ...common, task: 'again', inputs: 'data=./data', hyperparameters: 'score=3' };
    const files = { 'w.py': WORKER, 'data/a': 'a', 'data/sub/b': 'b' };
    const first = await aws.run(aws.workspace(files), inputs);
    expect(first.code).toBe(0);
    expect(first.outputs['skipped']).toBe('false');
    expect(JSON.parse(first.outputs['metrics'] ?? '')).toEqual({ Score: 3, loss: 0.25 });

    await aws.clearRequests();
    const workspace = aws.workspace(files);
    utimesSync(join(workspace, 'w.py'), 1, 1);
    const second = await aws.run(workspace, inputs);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(`Skipped: ${first.outputs['job-name']} completed this task`);
    expect(second.outputs).toEqual({ ...first.outputs, skipped: 'true' });
    const [before, after] = [first, second].map(({ outputs }) => Object.keys(outputs).sort());
    expect(after).toEqual(before);
    const output = join(workspace, 'sagemaker-output', 'again');
    expect(readText(output, 'model', 'model')).toBe('{"score": "3"}');
    expect(readText(output, 'logs', 'logs0')).toContain('Score=3;');
    expect(second.summary).toContain('skipped');
    const changing = (await aws.requests()).filter(({ operation }) => /^(Create|Put|Delete|Update)/.test(operation));
    expect(changing.map(({ operation, resource }) => `${operation} ${resource}`)).toEqual([]);
  });

  it('runs when anything of it changed, and says what', async () => {
    const inputs = { ...common, task: 'changed', inputs: 'data=./data', hyperparameters: 'lr=0.1\npassword=one' };
    const files = { 'w.py': WORKER, 'data/a': 'a' };
    await aws.run(aws.workspace(files), { ...inputs, environment: 'A=secret-1' });
    const said = async (given: Record<string, string>, changed: Record<string, string> = {}): Promise<string> => {
      const { stdout, code } = await aws.run(aws.workspace({ ...files, ...changed }), { ...inputs, ...given });
      expect(code).toBe(0);
      return /^Ran because the task has changed since \S+: (.*)$/m.exec(stdout)?.[1]?.replace(/\.$/, '') ?? '';
    };
    const environment = 'A=secret-1';
    expect(await said({ environment, hyperparameters: 'lr=0.01\npassword=two' }, { 'w.py': `${WORKER}#` })).toBe(
      'code: w.py; hyperparameters: lr 0.1 → 0.01, password',
    );
    expect(await said({ environment: 'A=secret-2' }, { 'data/b': 'b' })).toMatch(/environment: A; inputs: data$/);
    expect(await said({ environment: 'A=secret-2', 'instance-count': '2' })).toMatch(
      /instances: count 1 → 2; inputs: data$/,
    );
  });

  it('runs when asked to, and when its results are gone', async () => {
    const inputs = { ...common, task: 'asked' };
    const workspace = aws.workspace({ 'w.py': WORKER });
    await aws.run(workspace, inputs);
    const before = await creates();
    expect((await aws.run(workspace, { ...inputs, 'skip-if': 'never' })).stdout).toContain('skip-if is never');
    expect((await aws.run(workspace, { ...inputs, 'clean-state': 'true' })).stdout).toContain('clean-state is set');
    expect(await creates()).toBe(before + 2);
    const changed = aws.workspace({ 'w.py': `${WORKER}# other` });
    expect((await aws.run(changed, { ...inputs, 'skip-if': 'completed' })).outputs['skipped']).toBe('true');
    await aws.removeObjects('project/asked/', 'model.tar.gz');
    const gone = await aws.run(workspace, inputs);
    expect(gone.stdout).toContain('are no longer in S3');
    expect(await creates()).toBe(before + 3);
  });

  it('is collected without what came to its place after its end', async () => {
    const inputs = { ...common, task: 'later', download: 'model, output' };
    const first = await aws.run(aws.workspace({ 'w.py': WORKER }), inputs);
    const Key = `project/later/${first.outputs['job-name']}/output/output.tar.gz`;
    writeFileSync(join(aws.folder, 'planted'), 'x');
    execFileSync('tar', ['czf', 'later.tar.gz', 'planted'], { cwd: aws.folder });
    const Body = readFileSync(join(aws.folder, 'later.tar.gz'));
    await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body }));
    const workspace = aws.workspace({});
    const collected = await aws.run(workspace, { task: 'later', mode: 'collect', download: 'model, output' });
    expect(collected.code, collected.stdout).toBe(0);
    const output = join(workspace, 'sagemaker-output', 'later');
    expect(readText(output, 'model', 'model')).toBe('{}');
    expect(readdirSync(join(output, 'output'))).toEqual([]);
    // A run of the same does not take such results.
    expect((await aws.run(aws.workspace({ 'w.py': WORKER }), inputs)).stdout).toContain('were changed after it ended');
  });

  it('makes the artifacts of what it took', async () => {
    const inputs = { ...common, task: 'artifacts' };
    const files = { 'w.py': WORKER };
    expect((await aws.run(aws.workspace(files), inputs)).code).toBe(0);
    const server = await ArtifactServer.start();
    const { code, stdout, outputs } = await aws.run(aws.workspace(files), inputs, server.environment);
    await server.stop();
    expect(code, stdout).toBe(0);
    expect(outputs['skipped']).toBe('true');
    expect([...server.artifacts.keys()]).toEqual(['project-artifacts-model']);
  });

  it('finds its state, and none after clean-state', async () => {
    const inputs = { task: 'state', run: 'echo "Found: $(ls -A $SSM_STATE)"; touch $SSM_STATE/kept', download: 'none' };
    const state = async (given: Record<string, string>): Promise<string | undefined> => {
      const run = { ...inputs, 'upload-artifacts': 'none', 'skip-if': 'never', ...given };
      return /^Found: (.*)$/m.exec((await aws.run(aws.workspace({}), run)).stdout)?.[1];
    };
    expect(await state({})).toBe('');
    expect(await state({})).toBe('kept');
    expect(await state({ 'clean-state': 'true' })).toBe('');
    expect(await state({})).toBe('kept');
  });

  it('takes the job of a run that was killed, but not when its results are gone', async () => {
    const killed = async (task: string): Promise<[Record<string, string>, string]> => {
      const inputs = { task, run: 'echo up; sleep 2; echo x > $SM_MODEL_DIR/m' };
      const step = aws.step(aws.workspace({}), inputs);
      await step.printed('\nup\n');
      step.kill('SIGKILL');
      const job = (await step.done).outputs['job-name'] ?? '';
      expect(await aws.ended(job)).toBe('Completed');
      return [inputs, job];
    };
    const [kept, job] = await killed('killed');
    expect((await aws.run(aws.workspace({}), kept)).outputs).toMatchObject({ skipped: 'true', 'job-name': job });
    const [lost, gone] = await killed('killed-and-lost');
    // One whose end was noted since, and one whose was not.
    for (const [inputs, before] of [
      [kept, job],
      [lost, gone],
    ] as const) {
      await aws.removeObjects(`project/${inputs['task']}/`, 'model.tar.gz');
      const { stdout, outputs } = await aws.run(aws.workspace({}), inputs);
      expect(stdout).toMatch(/Ran because the results of \S+, which ran the same, are no longer in S3/);
      expect(outputs['job-name']).not.toBe(before);
    }
  });

  it('of a job whose record is not there is taken without a fingerprint', async () => {
    const inputs = { ...common, task: 'unrecorded' };
    await aws.run(aws.workspace({ 'w.py': WORKER }), inputs);
    await aws.removeObjects('project/unrecorded/', 'record.json');
    const any = await aws.run(aws.workspace({ 'w.py': WORKER }), { ...inputs, 'skip-if': 'completed' });
    expect(any.outputs).toMatchObject({ skipped: 'true', fingerprint: '' });
  });

  it('is not complete when only some instances marked it', async () => {
    const inputs = { ...common, task: 'marks', 'instance-count': '2', hyperparameters: 'marks=one' };
    const workspace = aws.workspace({ 'w.py': WORKER });
    const first = await aws.run(workspace, inputs);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Only some of the instances');
    const second = await aws.run(workspace, inputs);
    expect(second.outputs['skipped']).toBe('false');
    expect(second.stdout).toContain('has not completed yet');
    const chained = await aws.run(workspace, { ...common, task: 'next', inputs: 'm=task:marks/model' });
    expect(chained.code).toBe(1);
    expect(chained.stdout).toContain('marks (Completed, but only some instances marked it)');
    const none = await aws.run(workspace, { ...inputs, hyperparameters: 'marks=none' });
    expect(none.stdout).not.toContain('Only some');
  });
});

describe("a pull request's run", () => {
  it("takes main's results where nothing changed, reads them chained, and writes only below its own prefix", async () => {
    const files = { 'prepare.py': WORKER, 'train.py': `${WORKER}\nprint(os.listdir(args.input_m))` };
    const prepare = { ...common, task: 'prepare', entrypoint: 'prepare.py' };
    const train = { ...common, task: 'train', entrypoint: 'train.py', inputs: 'm=task:prepare/model' };
    const main = await aws.run(aws.workspace(files), prepare);
    await aws.run(aws.workspace(files), train);
    const event = aws.workspace({ 'event.json': '{"pull_request": {"number": 7}}' });
    const pr = { GITHUB_EVENT_PATH: join(event, 'event.json') };
    const base = { 'base-prefix': '/' };
    const alone = await aws.run(aws.workspace(files), train, pr);
    expect(alone.code).toBe(1);
    expect(alone.stdout).toContain('the task "prepare" of the project "project" has not completed');
    expect(alone.stdout).toContain('base-prefix: /');
    const workspace = aws.workspace({ ...files, 'train.py': `${files['train.py']}\nprint("changed")` });
    const own = await aws.run(workspace, { ...prepare, ...base }, pr);
    expect(own.outputs).toMatchObject({ skipped: 'true', 'job-name': main.outputs['job-name'] });
    await aws.clearRequests();
    const trained = await aws.run(workspace, { ...train, ...base }, pr);
    expect(trained.code).toBe(0);
    expect(trained.outputs['skipped']).toBe('false');
    expect(trained.stdout).toContain("['model.tar.gz']");
    expect(trained.stdout).toContain('changed since');
    expect(trained.stdout).toMatch(/code: train.py/);
    const writes = (await aws.requests()).filter(({ action }) => /^s3:(Put|Delete)/.test(action));
    expect(writes.length).toBeGreaterThan(2);
    for (const { resource } of writes) expect(resource).toContain('/pr-7/project/train/');
    expect(readdirSync(join(workspace, 'sagemaker-output'))).toEqual(['prepare', 'train']);
    const misspelled = { ...train, ...base, task: 'other', inputs: 'm=task:prepar/model' };
    const nowhere = await aws.run(workspace, misspelled, pr);
    expect(nowhere.stdout).toMatch(
      /: train \(Completed\), again \(Completed, under base-prefix\), .*prepare \(Completed, under base/,
    );
    const collected = await aws.run(workspace, { task: 'prepar', mode: 'collect', ...base }, pr);
    expect(collected.stdout).toContain('prepare (Completed, under base-prefix)');
  });
});
