/** How often AWS is asked, by kind: each call costs a step its way to AWS and back, and the account its share of the limits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn } from './stand-in.ts';

const WORKER = `
import os
for folder in ("SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR"):
    if os.environ.get("LEAVES", "").find(folder) >= 0:
        open(os.path.join(os.environ[folder], "file"), "w").write("x")
print("done")
`;
const common = { entrypoint: 'w.py', 'commit-status': 'false' };
/** One that is there: the action made it for the project. */
const ROLE = 'arn:aws:iam::123456789012:role/SimpleSagemaker-project';
/** What a step asks before it starts a job of a task that never ran, whose role and bucket are there. */
const START = {
  // Who owns the bucket.
  GetCallerIdentity: 1,
  // The image's digest is part of the fingerprint.
  BatchGetImage: 1,
  // The task's jobs: once for the decision, with the bucket in one, and again under the lease.
  ListObjectsV2: 2,
  ListServiceQuotas: 1,
  // The lease, the job's record and its code.
  PutObject: 3,
  CreateTrainingJob: 1,
};

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
  // Makes the bucket and the project's role.
  await callsOf({ task: 'before' }, { 'w.py': WORKER });
});
afterAll(() => aws.stop());

/** The calls of a step, without those of the jobs' instances. `until`: without those that come after it. */
async function callsOf(inputs: Record<string, string>, files: Record<string, string>, until?: string) {
  await aws.clearRequests();
  const { code, stdout } = await aws.run(aws.workspace(files), { ...common, ...inputs });
  expect(code, stdout).toBe(0);
  const own = (await aws.requests()).filter(({ principal }) => !principal.includes(':assumed-role/'));
  const operations = own.map(({ operation }) => operation);
  const end = until === undefined ? operations.length : operations.indexOf(until) + 1;
  return Object.fromEntries(
    [...Map.groupBy(operations.slice(0, end), (name) => name)].map(([name, all]) => [name, all.length]),
  );
}

describe('the calls of a run until its job is started', () => {
  it('are nine with a role of the user', async () => {
    const calls = await callsOf(
      { task: 'own-role', 'execution-role': ROLE, wait: 'false' },
      { 'w.py': WORKER },
      'CreateTrainingJob',
    );
    expect(calls).toEqual(START);
  });

  it('are two more with a role of the action, which is looked at together with its policies', async () => {
    const calls = await callsOf({ task: 'made-role', wait: 'false' }, { 'w.py': WORKER }, 'CreateTrainingJob');
    expect(calls).toEqual({ ...START, GetRole: 1, ListRolePolicies: 1 });
  });

  it('read the newest job’s record once more under the lease, if the task ran before', async () => {
    const inputs = { task: 'changed', environment: 'A=1' };
    await callsOf(inputs, { 'w.py': WORKER });
    const calls = await callsOf({ ...inputs, environment: 'A=2' }, { 'w.py': WORKER }, 'CreateTrainingJob');
    expect(calls).toEqual({ ...START, GetRole: 1, ListRolePolicies: 1, GetObject: 2 });
  });
});

describe('the calls of a skip', () => {
  const SKIP = {
    GetCallerIdentity: 1,
    BatchGetImage: 1,
    // The task's jobs, with the bucket in one, and what is left of the newest job's results.
    ListObjectsV2: 2,
    // The newest job's record, and the archives that it left.
    GetObject: 1,
    DescribeTrainingJob: 1,
    DescribeLogStreams: 1,
    GetLogEvents: 1,
  };

  it.each([
    ['neither archive', '', 0],
    ['a model', 'SM_MODEL_DIR', 1],
    ['both archives', 'SM_MODEL_DIR SM_OUTPUT_DATA_DIR', 2],
  ])('of a job that left %s', async (_, leaves, archives) => {
    const inputs = { task: `skip-${archives}`, environment: `LEAVES=${leaves}` };
    await callsOf(inputs, { 'w.py': WORKER });
    // Of a job that left nothing its code shows that its folder was not removed.
    const source = archives === 0 ? 1 : 0;
    expect(await callsOf(inputs, { 'w.py': WORKER })).toEqual({
      ...SKIP,
      ListObjectsV2: SKIP.ListObjectsV2 + source,
      GetObject: SKIP.GetObject + archives,
    });
  });

  it('are no more after several jobs', async () => {
    const inputs = { task: 'several' };
    for (const value of ['1', '2', '3']) await callsOf({ ...inputs, environment: `A=${value}` }, { 'w.py': WORKER });
    const again = await callsOf({ ...inputs, environment: 'A=3' }, { 'w.py': WORKER });
    // The record of the job before is read together with the newest one's, to compare with.
    expect(again).toEqual({ ...SKIP, ListObjectsV2: 3, GetObject: 2 });
  });
});

describe('the calls of a sync', () => {
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`data/${at % 5}/f${at}`, `content ${at}`]));
  const inputs = { task: 'sync', inputs: 'data=./data', 'execution-role': ROLE, wait: 'false', 'skip-if': 'never' };
  const started = (given: Record<string, string>) => callsOf(inputs, { 'w.py': WORKER, ...given }, 'CreateTrainingJob');
  /** Those of a sync write, beside the start's own; `others`: all others. */
  const parts = ({ PutObject = 0, DeleteObjects = 0, ...others }: Record<string, number>) => {
    const sum = Object.values(others).reduce((total, count) => total + count, 0);
    return { written: PutObject - START.PutObject, removed: DeleteObjects, others: sum };
  };

  it('are one for each new file, and the manifest; of the same again, nothing is written', async () => {
    // Those of a start, the manifest, and a list of the folder.
    expect(parts(await started(files))).toEqual({ written: 51, removed: 0, others: 8 });
    await aws.ended(await aws.newestJob('sync'));
    const again = parts(await started(files));
    // Twice the record, the state and what is left of the job before, whose end nobody recorded.
    expect(again).toEqual({ written: 0, removed: 0, others: 18 });
    await aws.ended(await aws.newestJob('sync'));
    const { 'data/0/f0': gone, ...fewer } = files;
    const changed = parts(await started({ ...fewer, 'data/1/f1': `${gone} changed` }));
    expect(changed).toMatchObject({ written: 2, removed: 1 });
    await aws.ended(await aws.newestJob('sync'));
  });
});
