/** One task from its inputs to its results: the built bundle as a process against the stand-in. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, SECRET, StandIn } from './stand-in.ts';

const WORKER = `
import json, os, sys
print("ARGS " + json.dumps(sys.argv[1:]))
print("HPS " + os.environ["SM_HPS"])
from helper import where
print("HELPER " + where)
for name in ("data", "shard"):
    folder = os.path.join("/opt/ml/input/data", name)
    print("FILES", name, sorted(os.listdir(folder)))
host = os.environ["SM_CURRENT_HOST"]
open(os.path.join(os.environ["SM_MODEL_DIR"], "model-" + host), "w").write(host)
open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "out-" + host), "w").write(host)
open("/state/state-" + host, "w").write(host)
print("VARIABLE", os.environ["MY_VARIABLE"])
`;

/** Values that break where a shell or a joined string is on the way. */
const ODD = {
  blanks: ' two  blanks ',
  quotes: `it's "quoted"`,
  shell: '$(id) `id` $HOME ; exit 3 | x && y',
  lines: 'one\ntwo\n',
  unicode: 'naïve 日本 🚀',
  empty: '',
  dashes: '--not-an-option',
  backslash: 'C:\\x\\',
  number: 5,
  rate: 0.5,
  flag: true,
};

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start();
});
afterAll(() => aws.stop());

describe('a task with two instances', () => {
  const inputs = {
    task: 'train',
    'source-dir': 'code',
    entrypoint: 'sub dir/worker.py',
    dependencies: 'libs/helper',
    hyperparameters: JSON.stringify(ODD),
    arguments: `plain 'with blank' ""`,
    environment: 'MY_VARIABLE=a=b c',
    inputs: 'data=./data\nshard=./data ShardedByS3Key',
    'instance-count': '2',
    download: 'logs, model, output, state, source',
  };
  const files = {
    'code/sub dir/worker.py': WORKER,
    'code/.gitignore': '*.secret\n',
    'code/left-out.secret': 'x',
    'libs/helper/__init__.py': 'where = "helper"\n',
    'data/a.txt': 'a',
    'data/b.txt': 'b',
    'data/empty.txt': '',
    'data/odd name +%#ü.txt': 'odd',
  };

  it('runs from its inputs to its results, and sends nothing twice', async () => {
    const workspace = aws.workspace(files);
    const first = await aws.run(workspace, inputs);
    expect(first.stdout).toContain('completed.');
    expect(first.code).toBe(0);

    const output = join(workspace, 'sagemaker-output', 'train');
    const log = readText(output, 'logs', 'logs0');
    expect(log).toContain('Invoking script with the following command:');
    expect(log).not.toContain('##ssm-end');
    const args = JSON.parse(/^ARGS (.*)$/m.exec(log)?.[1] ?? '[]') as string[];
    const expected = Object.entries(ODD)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, value]) => [`--${key}`, value === true ? 'True' : String(value)]);
    expect(args).toEqual([...expected, 'plain', 'with blank', '']);
    expect(JSON.parse(/^HPS (.*)$/m.exec(log)?.[1] ?? '{}')).toEqual(ODD);
    expect(log).toContain('HELPER helper\n');
    expect(log).toContain('VARIABLE a=b c\n');
    expect(log).toContain("FILES data ['a.txt', 'b.txt', 'empty.txt', 'odd name +%#ü.txt']\n");
    const shards = [log, readText(output, 'logs', 'logs1')].map((text) => /^FILES shard (.*)$/m.exec(text)?.[1]);
    expect(shards).toEqual(["['a.txt', 'empty.txt']", "['b.txt', 'odd name +%#ü.txt']"]);

    expect(readdirSync(join(output, 'model')).sort()).toEqual(['model-algo-1', 'model-algo-2']);
    expect(readdirSync(join(output, 'output'))).toEqual(['out-algo-1']);
    expect(readdirSync(join(output, 'state')).sort()).toEqual(['state-algo-1', 'state-algo-2']);
    const source = readdirSync(join(output, 'source')).sort();
    expect(source).toEqual(['.gitignore', 'helper', 'sub dir', 'task_toolkit', 'worker_toolkit']);

    const job = first.outputs['job-name'] ?? '';
    expect(job).toMatch(/^project-train-\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect(first.outputs).toMatchObject({
      status: 'Completed',
      'job-arn': `arn:aws:sagemaker:us-east-1:123456789012:training-job/${job}`,
      'instance-type': 'ml.m5.large',
      'model-uri': `s3://sagemaker-us-east-1-123456789012/project/train/${job}/output/model.tar.gz`,
      'output-uri': `s3://sagemaker-us-east-1-123456789012/project/train/${job}/output/output.tar.gz`,
      'state-uri': 's3://sagemaker-us-east-1-123456789012/project/train/state/',
      'output-path': 'sagemaker-output/train',
    });
    expect(first.summary).toContain(job);
    expect(first.summary).toContain('Completed');

    await aws.clearRequests();
    const again = await aws.run(aws.workspace({ ...files, 'data/b.txt': 'changed' }), inputs);
    expect(again.code).toBe(0);
    const writes = (await aws.requests()).filter(
      ({ resource, action }) => /Put|Create|Delete/.test(action) && resource.includes('/train/input/'),
    );
    expect(writes.map(({ resource }) => resource.split('/input/')[1]).sort()).toEqual(['data/b.txt', 'shard/b.txt']);
    expect(await aws.calls()).not.toHaveProperty('CreateRole');
    expect(await aws.calls()).not.toHaveProperty('PutRolePolicy');
    expect(await aws.calls()).not.toHaveProperty('CreateBucket');
  });

  it('removes from the bucket what is gone from the folder', async () => {
    const { 'data/a.txt': _, ...fewer } = files;
    const workspace = aws.workspace(fewer);
    const { code } = await aws.run(workspace, inputs);
    expect(code).toBe(0);
    expect(readText(workspace, 'sagemaker-output', 'train', 'logs', 'logs0')).toContain(
      "FILES data ['b.txt', 'empty.txt', 'odd name +%#ü.txt']\n",
    );
  });
});

describe('a task of shell lines', () => {
  it('runs them with arguments, and keeps state from job to job', async () => {
    // A text from Windows.
    const lines = [
      'echo "state: $(cat /state/count 2>/dev/null)"',
      'echo more >> /state/count',
      'printf "<%s>" "$@"; echo',
    ];
    const run = `\ufeff${lines.join('\r\n')}\r\n`;
    const inputs = {
      ...{ task: 'shell', run, hyperparameters: 'msg=Hello, world!\r\nverbose\r\nempty=', download: 'logs' },
      ...{ 'skip-if': 'never', 'framework-version': '2' },
    };
    const workspace = aws.workspace({});
    const first = await aws.run(workspace, inputs);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('\npytorch 2.8.0 with Python 3.12 is the newest image for "framework-version: 2".');
    expect(first.stdout).toContain('\nstate: \n');
    expect(first.stdout).toContain('\n<--empty><><--msg><Hello, world!><--verbose>\n');
    const second = await aws.run(workspace, inputs);
    expect(second.stdout).toContain('\nstate: more\n');
  });
});

describe('a task whose files are from Windows', () => {
  it('runs them: the script and what it starts; settings of other tools are no package', async () => {
    const crlf = (text: string): string => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    const workspace = aws.workspace({
      'code/train.sh': crlf('#!/bin/bash\nset -e\n. ./lib.sh\nif true; then\n  say "$1"\nfi\npython3 show.py\n'),
      'code/lib.sh': crlf('say() {\n  echo "<$1>"\n}\n'),
      'code/show.py': crlf('print("shown")\n'),
      'code/pyproject.toml': crlf('[tool.ruff]\nline-length = 120\n'),
    });
    const inputs = { task: 'windows', 'source-dir': 'code', entrypoint: 'train.sh', arguments: 'x', download: 'logs' };
    const ended = await aws.run(workspace, inputs);
    expect(ended.code).toBe(0);
    expect(readText(workspace, 'sagemaker-output', 'windows', 'logs', 'logs0')).toBe(
      [
        'Windows line ends or a byte order mark, which no shell reads, were taken out of lib.sh, train.sh',
        'Invoking script with the following command:',
        ...['', './train.sh x', '', '<x>', 'shown', ''],
      ].join('\n'),
    );
  });
});

describe('a job that does not complete', () => {
  it('fails the step with its reason, and brings back what there is', async () => {
    const worker =
      'import os\nopen(os.environ["SM_MODEL_DIR"] + "/half", "w").write("x")\nraise ValueError("boom: 3")\n';
    const workspace = aws.workspace({ 'w.py': worker });
    const ended = await aws.run(workspace, { task: 'fails', entrypoint: 'w.py' });
    expect(ended.code).toBe(1);
    expect(ended.outputs['status']).toBe('Failed');
    expect(ended.outputs['failure-reason']).toContain('ValueError: boom: 3');
    expect(ended.stdout).toMatch(/::error::The job project-fails-\S+ failed: .*ValueError: boom: 3/);
    expect(ended.summary).toContain('boom');
    expect(readdirSync(join(workspace, 'sagemaker-output', 'fails', 'model'))).toEqual(['half']);
  });

  it('says what the repository has and the job did not get, and the line that brings it', async () => {
    const files = {
      'train/train.py': 'import churn\n',
      'train/.gitignore': 'made.yaml\n',
      'train/made.yaml': '',
      'libs/churn/__init__.py': '',
    };
    const [module, shell] = await Promise.all([
      aws.run(aws.workspace(files), { task: 'lost-module', 'source-dir': 'train', entrypoint: 'train.py' }),
      aws.run(aws.workspace(files), { task: 'lost-file', 'source-dir': 'train', run: 'cat made.yaml' }),
    ]);
    expect([module.code, shell.code]).toEqual([1, 1]);
    const churn = 'libs/churn is in the repository, but the job did not get it, because it is outside "source-dir": ';
    expect(module.stdout).toMatch(/^::error::.* failed: .*%0Alibs\/churn is in the repository/m);
    expect(module.stdout).toContain(`${churn}set "dependencies: libs/churn".`);
    expect(module.summary).toContain('is in the repository');
    expect(shell.stdout).toContain('.gitignore excludes 1 file from the code: train/made.yaml');
    const made =
      'train/made.yaml is in the repository, but the job did not get it, because train/.gitignore excludes it: ';
    expect(shell.stdout).toContain(`${made}add the line "!made.yaml" to train/.sagemakerignore.`);
  });

  it('does not take a stopped job for a success', async () => {
    const workspace = aws.workspace({ 'w.py': 'import time\nprint("up")\ntime.sleep(300)\n' });
    const step = aws.step(workspace, { task: 'stopped', entrypoint: 'w.py' });
    await step.printed('\nup\n');
    await aws.stopJob(await aws.newestJob('stopped'));
    const ended = await step.done;
    expect(ended.code).toBe(1);
    expect(ended.outputs['status']).toBe('Stopped');
    expect(ended.stdout).toContain('was stopped');
  });
});

describe('bad input', () => {
  it('names every mistake with its remedy at once, and creates nothing', async () => {
    await aws.clearRequests();
    const workspace = aws.workspace({ 'w.py': '' });
    const ended = await aws.run(workspace, {
      task: 'no good',
      entrypoint: 'nowhere.py',
      spot: 'yes',
      'instance-count': '0',
      'instance-type': 'm5.large',
      'max-run-minutes': '10',
      'max-wait-minutes': '5',
      inputs: 'data=./nothing\nmodel=',
      hyperparameters: 'x y',
      'framework-version': '99',
    });
    expect(ended.code).toBe(1);
    for (const input of [
      'task',
      'entrypoint',
      'spot',
      'instance-count',
      'instance-type',
      'max-wait-minutes',
      'inputs',
      'hyperparameters',
      'framework-version',
    ]) {
      expect(ended.stdout, input).toMatch(new RegExp(`%0A- ${input}: \\S`));
    }
    expect(ended.stdout.match(/^::error/gm)).toHaveLength(1);
    expect(await aws.requests()).toEqual([]);
  });

  it('finds an incomplete checkout beside other mistakes, and asks AWS nothing', async () => {
    await aws.clearRequests();
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
    const workspace = aws.workspace({ 'w.py': '', 'data/train.pkl': pointer });
    const ended = await aws.run(workspace, { task: 't', entrypoint: 'w.py', inputs: 'data=data', spot: 'yes' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('2 inputs are wrong; nothing was created.');
    expect(ended.stdout).toMatch(/data\/train\.pkl is a Git LFS pointer, not the file itself: .*"lfs: true".*checkout/);
    expect(await aws.requests()).toEqual([]);
  });

  it('looks at inputs in S3 before it creates anything', async () => {
    await aws.clearRequests();
    const ended = await aws.run(aws.workspace({ 'w.py': '' }), {
      task: 't',
      project: 'untouched',
      entrypoint: 'w.py',
      inputs: 'a=s3://no-such-bucket-here/x\nb=s3://sagemaker-us-east-1-123456789012/no/such',
    });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('the bucket no-such-bucket-here does not exist');
    expect(ended.stdout).toContain('there is no object under s3://sagemaker-us-east-1-123456789012/no/such');
    expect((await aws.requests()).filter(({ action }) => /Create|Put|Start/.test(action))).toEqual([]);
  });

  it('leaves a folder alone that it did not make', async () => {
    const workspace = aws.workspace({ 'w.py': '', 'model/mine.txt': 'mine' });
    const ended = await aws.run(workspace, { task: 't', entrypoint: 'w.py', 'output-path': '.' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('- output-path: ');
    expect(readText(workspace, 'model', 'mine.txt')).toBe('mine');
  });
});

describe('secrets of the step', () => {
  it('are masked before anything is printed, and never shown by a worker or in a file', async () => {
    const workspace = aws.workspace({
      'w.py': 'import os\nprint("leak", os.environ["LEAK"])\nraise SystemExit("leak " + os.environ["LEAK"])\n',
    });
    const ended = await aws.run(workspace, { task: 'leak', entrypoint: 'w.py', environment: `LEAK=${SECRET}` });
    const lines = ended.stdout.split('\n');
    expect(lines.filter((line) => line.includes(SECRET))).toEqual([`::add-mask::${SECRET}`]);
    expect(lines.findIndex((line) => !line.startsWith('::add-mask::'))).toBe(
      lines.filter((line) => line.startsWith('::add-mask::')).length,
    );
    expect(ended.stdout).toContain('leak ***');
    expect(readText(workspace, 'sagemaker-output', 'leak', 'logs', 'logs0')).not.toContain(SECRET);
    expect(JSON.stringify([ended.outputs, ended.summary])).not.toContain(SECRET);
  });
});

describe('role-to-assume', () => {
  const role = 'arn:aws:iam::999988887777:role/github';
  const tokens = async (): Promise<Record<string, string>> => {
    const told = (await (await fetch(`${aws.url}/_local/oidc`)).json()) as Record<string, string>;
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: told['request_url'] ?? '',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: told['request_token'] ?? '',
    };
  };

  it('is assumed once for all calls, its credentials masked before anything can print them', async () => {
    const workspace = aws.workspace({ 'w.py': 'import os\nprint("up")\n' });
    const inputs = { task: 'assumed', entrypoint: 'w.py', 'role-to-assume': role, 'role-session-name': 'run-17' };
    const before = (await aws.requests()).length;
    const ended = await aws.run(workspace, inputs, {
      ...(await tokens()),
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    });
    expect(ended.code, ended.stdout).toBe(0);
    const calls = (await aws.requests()).slice(before);
    expect(calls.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity')).toHaveLength(1);
    const masked = [...ended.stdout.matchAll(/^::add-mask::(.+)$/gm)].map(([, value = '']) => value);
    expect(masked.some((value) => value.startsWith('ASIA'))).toBe(true);
    for (const secret of masked.filter((value) => value.length > 15)) {
      const shown = ended.stdout
        .split('\n')
        .filter((line) => line.includes(secret) && !line.startsWith('::add-mask::'));
      expect(shown).toEqual([]);
    }
  });

  it('needs a token: the error names the permission and the way without AWS', async () => {
    const inputs = { task: 'tokenless', entrypoint: 'w.py', 'role-to-assume': role };
    const ended = await aws.run(aws.workspace({ 'w.py': '' }), inputs);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /^::error::This workflow job gets no OIDC token, which "role-to-assume" needs\..*id-token: write/m,
    );
  });

  it('that may not be assumed is told with the trust policy as the remedy', async () => {
    const refused = { kind: 'deny', action: 'sts:AssumeRoleWithWebIdentity' };
    await fetch(`${aws.url}/_local/faults`, { method: 'POST', body: JSON.stringify(refused) });
    const inputs = { task: 'refused', entrypoint: 'w.py', 'role-to-assume': role };
    const ended = await aws.run(aws.workspace({ 'w.py': '' }), inputs, await tokens());
    await fetch(`${aws.url}/_local/faults`, { method: 'DELETE' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /^::error::The role arn:aws:iam::999988887777:role\/github \(role-to-assume\) cannot be assumed: .*trust policy/m,
    );
  });
});

describe('a Dockerfile', () => {
  const dockerfile = 'FROM scratch\nCOPY <<EOF /etc/filter.conf\nallow = [a-z\nEOF\nCOPY train.py /opt/program/\n';
  it.each([
    ['has heredocs', dockerfile, undefined],
    ['has an instruction of a later Docker', `${dockerfile}INCLUDE other\n`, 'line 6: unknown instruction INCLUDE'],
    ['is of another frontend', `# syntax=team/own:1\n${dockerfile}`, 'BuildKit reads it by team/own:1'],
  ])('that %s gets as far as the engine', async (_, text, problem) => {
    const workspace = aws.workspace({ 'image/Dockerfile': text, 'image/train.py': '' });
    const inputs = { task: 'built', run: 'true', dockerfile: 'image' };
    const ended = await aws.run(workspace, inputs, { DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(ended.stdout).toMatch(/^::error::.*(Docker engine of this runner does not answer|no docker command)/m);
    const notices = ended.stdout.split('\n').filter((line) => line.startsWith('::notice::'));
    const start = `::notice::The action could not read all of the Dockerfile (${problem}`;
    expect(notices.map((line) => line.slice(0, start.length))).toEqual(problem === undefined ? [] : [start]);
  });
});
