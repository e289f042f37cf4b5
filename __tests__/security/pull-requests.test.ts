/** What a pull request's worker, or anybody who writes to the bucket, can do to what the default branch has. */
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamOf } from '../action/setup.ts';
import { StandIn, type StepResult } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

const FILES = { 'train.sh': 'echo good > $SM_MODEL_DIR/m; echo good > $SSM_STATE/s' };
const TRAIN = { task: 'train', entrypoint: 'train.sh' };
const PULL = { GITHUB_EVENT_NAME: 'pull_request' };
const tally = new Tally('pull requests');

let aws: StandIn;
let main: StepResult;
const job = (): string => main.outputs['job-name'] ?? '';
const run = (inputs: Record<string, string>, env: Record<string, string> = {}): Promise<StepResult> =>
  aws.run(aws.workspace(FILES), inputs, env);
const put = async (Key: string, Body: string): Promise<void> => {
  await aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body }));
};

beforeAll(async () => {
  aws = await StandIn.start();
  main = await run(TRAIN);
  expect(main.code, main.stdout).toBe(0);
  const event = aws.workspace({ 'event.json': '{"pull_request": {"number": 7}}' });
  const pull = await run(TRAIN, { ...PULL, GITHUB_EVENT_PATH: `${event}/event.json` });
  expect(pull.outputs['model-uri']).toContain('/pr-7/project/train/');
});
afterAll(() => aws.stop());

describe("the role of a pull request's jobs", () => {
  const may = async (role: string, action: string, key: string): Promise<boolean> => {
    const request = {
      PolicySourceArn: `arn:aws:iam::123456789012:role/${role}`,
      ActionNames: [action],
      ResourceArns: [`arn:aws:s3:::${aws.bucket}/${key}`],
      ContextEntries: [
        {
          ContextKeyName: 'aws:ResourceAccount',
          ContextKeyType: 'string' as const,
          ContextKeyValues: ['123456789012'],
        },
      ],
    };
    const { EvaluationResults = [] } = await iamOf(aws).send(new SimulatePrincipalPolicyCommand(request));
    return EvaluationResults.some(({ EvalDecision }) => EvalDecision === 'allowed');
  };
  const PULLS = 'SimpleSagemaker-project-pull-requests';
  const kept = (): string[] => [
    `project/train/${job()}/record.json`,
    `project/train/${job()}/source/sourcedir.tar.gz`,
    'project/train/.lease.json',
    'project/train/.sync/data.json',
    'project/train/input/data/a',
  ];

  it('writes the results and the state of its own job', async () => {
    for (const key of ['pr-7/project/train/state/x', 'pr-7/project/train/j/output/model.tar.gz'])
      expect(await may(PULLS, 's3:PutObject', key)).toBe(true);
  });
  const writes = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'];
  tally.attack("writes below the default branch's folder", writes, async (action) => {
    const keys = [...kept(), 'project/train/state/s', `project/train/${job()}/output/model.tar.gz`];
    return (await Promise.all(keys.map((key) => may(PULLS, action, key)))).includes(true);
  });
  tally.attack('writes what the action keeps', writes, async (action) => {
    const own = kept().map((key) => `pr-7/${key}`);
    return (await Promise.all(own.map((key) => may(PULLS, action, key)))).includes(true);
  });
  tally.attack("of the default branch's job writes what the action keeps", writes, async (action) =>
    (await Promise.all(kept().map((key) => may('SimpleSagemaker-project', action, key)))).includes(true),
  );
});

describe('what is in the bucket', () => {
  const HOSTILE = [
    'a--',
    'ü',
    '-x',
    '.',
    'a b',
    'x'.repeat(64),
    '__proto__',
    'a\u2028b',
    '::set-output name=a::b',
    '%2e',
  ];

  tally.attack('a folder of the task that the action did not make has a run fail', HOSTILE, async (name) => {
    const Key = `project/train/${name}/x`;
    await put(Key, 'x');
    const again = await run(TRAIN);
    await aws.s3().send(new DeleteObjectCommand({ Bucket: aws.bucket, Key }));
    return again.code !== 0 || again.outputs['skipped'] !== 'true';
  });

  tally.attack('a folder of the project has the list of its tasks fail', ['ü', '.', 'a b', '::x::'], async (name) => {
    const Key = `project/${name}/x/y`;
    await put(Key, 'x');
    const none = await run({ task: 'none', mode: 'collect' });
    await aws.s3().send(new DeleteObjectCommand({ Bucket: aws.bucket, Key }));
    return !none.stdout.includes('train (Completed)') || none.stdout.includes(name === '.' ? ' . (' : name);
  });

  /** A task of its own with one completed job. */
  let tasks = 0;
  const completed = async (): Promise<{ task: string; folder: string }> => {
    tasks += 1;
    const task = `victim${tasks}`;
    const { outputs } = await run({ ...TRAIN, task });
    return { task, folder: `project/${task}/${outputs['job-name']}/` };
  };

  const RECORDS = ['', 'x', '[]', 'null', '{"facts": {"code": "x"}}', '{"facts": 1}', '{"__proto__": {"facts": {}}}'];
  tally.attack('a record that is none is believed, or has a run fail', RECORDS, async (text) => {
    const { task, folder } = await completed();
    await put(`${folder}record.json`, text);
    const again = await run({ ...TRAIN, task });
    return again.code !== 0 || again.outputs['skipped'] !== 'false' || !again.stdout.includes('no record of');
  });

  tally.attack("a completed job's model that was changed afterwards is taken", ['evil', ''], async (text) => {
    const { task, folder } = await completed();
    await put(`${folder}output/model.tar.gz`, text);
    const again = await run({ ...TRAIN, task });
    return again.outputs['skipped'] !== 'false' || !again.stdout.includes('were changed after it ended');
  });
  tally.attack('… or is read by another task', ['task', 'job'], async (kind) => {
    const { task, folder } = await completed();
    await put(`${folder}output/model.tar.gz`, 'evil');
    const inputs = kind === 'task' ? `m=task:${task}/model` : `m=job:${folder.split('/')[2]}/model`;
    const reads = await run({ task: 'reads', run: 'true', inputs, 'skip-if': 'never' });
    return reads.code === 0 || !reads.stdout.includes('were changed after it ended');
  });
  tally.attack('… or is brought by collect', ['evil'], async (text) => {
    const { task, folder } = await completed();
    await put(`${folder}output/model.tar.gz`, text);
    const collected = await run({ task, mode: 'collect' });
    return collected.code === 0 || !collected.stdout.includes('was changed after its job ended');
  });
});

describe('a prefix that an input names', () => {
  it('is warned of where unmerged code would write beside merged code', async () => {
    const event = aws.workspace({ 'event.json': '{"pull_request": {"number": 7}}' });
    const given = { ...PULL, GITHUB_EVENT_PATH: `${event}/event.json` };
    const { stdout } = await run({ ...TRAIN, prefix: '/' }, given);
    expect(stdout).toMatch(/::warning::prefix: this run can run code that is not merged.*"pr-7\/"/);
  });
});
