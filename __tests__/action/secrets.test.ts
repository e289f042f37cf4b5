/** The input `secrets`: the script gets the values, and nobody else; what it says where they cannot be read. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { GetRolePolicyCommand, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamOf } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const PASSWORD = 'correct-horse-battery-staple';
const KEY = 'key of the "team", 42';
const BINARY = 'bÿte-order-matters';
const WHOLE = { user: 'me', password: 'of-the-database-9' };
const VALUES = [PASSWORD, KEY, BINARY, WHOLE.password];
/** Prints each in a form of which nobody can tell the value, and as it is. */
const SHOW = `
import hashlib, os, sys
for name in sys.argv[1:]:
    value = os.environ[name]
    print(name, hashlib.sha256(value.encode()).hexdigest()[:16], value)
`;
const WORKER = { 'show.py': SHOW, 'w.py': `${SHOW}\nraise ValueError('it is ' + os.environ['PASSWORD'])\n` };

let aws: StandIn;
const arns: Record<string, string> = {};
beforeAll(async () => {
  aws = await StandIn.start();
  arns['PASSWORD'] = await aws.keepSecret('team/password', { SecretString: PASSWORD });
  arns['KEY'] = await aws.keepParameter('/team/key', KEY);
  arns['BINARY'] = await aws.keepSecret('binary', { SecretBinary: Buffer.from(BINARY).toString('base64') });
  arns['DB'] = await aws.keepSecret('db', { SecretString: JSON.stringify(WHOLE) });
  arns['OTHER'] = await aws.keepSecret('other', { SecretString: 'not-for-this-job' });
});
afterAll(() => aws.stop());

const hash = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex').slice(0, 16);
};

/** The texts of all files below a folder. */
function textsBelow(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  return paths
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => readFileSync(path, 'latin1'));
}

/** Every place where a value could be: what the step printed and wrote, the job as AWS describes it, the bucket, the logs. */
async function everything(result: StepResult, workspace: string): Promise<string> {
  const described = await aws.describe(result.outputs['job-name'] ?? '');
  const objects = await Promise.all((await aws.keys('')).map(async (key) => (await aws.get(key)).Body));
  const kept = [...textsBelow(join(aws.folder, 'data')), ...textsBelow(workspace)];
  return [JSON.stringify({ ...result, described }), ...objects, ...kept].join('\n');
}

const hidden = (text: string): void => {
  for (const value of VALUES)
    expect(text.includes(value) || text.includes(Buffer.from(value).toString('latin1'))).toBe(false);
};

describe('the script', () => {
  it('gets the values, which are nowhere else', async () => {
    const workspace = aws.workspace(WORKER);
    const secrets = [
      ...[`PASSWORD=${arns['PASSWORD']}`, `KEY=${arns['KEY']}`, `BINARY=${arns['BINARY']?.slice(0, -7)}`],
      `DB_PASSWORD=${arns['DB']}:password::`,
    ].join('\n');
    const inputs = {
      task: 'reads',
      run: 'python3 show.py PASSWORD KEY BINARY DB_PASSWORD',
      'source-dir': '.',
    };
    const result = await aws.run(workspace, { ...inputs, secrets, download: 'logs, source' });
    expect(result.code, result.stdout).toBe(0);
    expect(result.stdout).toContain('Reading 4 secrets: PASSWORD, KEY, BINARY, DB_PASSWORD');
    for (const [name, value] of Object.entries({ PASSWORD, KEY, BINARY, DB_PASSWORD: WHOLE.password }))
      expect(result.stdout).toContain(`${name} ${await hash(value)} ***`);
    const text = await everything(result, workspace);
    hidden(text);
    // What is looked through has what is looked for: the names, in the log and in the code's archive.
    expect(text).toContain('DB_PASSWORD');
    expect(await aws.describe(result.outputs['job-name'] ?? '')).toMatchObject({ Environment: {} });
    expect(JSON.stringify(await aws.describe(result.outputs['job-name'] ?? ''))).not.toContain('secretsmanager');
  });

  it('fails without showing them', async () => {
    const workspace = aws.workspace(WORKER);
    const secrets = `PASSWORD=${arns['PASSWORD']}`;
    const result = await aws.run(workspace, { task: 'fails', entrypoint: 'w.py', secrets });
    expect(result.code).toBe(1);
    expect(result.outputs['failure-reason']).toContain('w.py failed with exit code 1: ValueError: it is ***');
    hidden(await everything(result, workspace));
  });

  it('gets them in every process of torchrun', async () => {
    const inputs = {
      task: 'torchrun',
      entrypoint: 'show.py',
      arguments: 'PASSWORD',
      distribution: '{"torchrun": {"processes": 2}}',
    };
    const result = await aws.run(aws.workspace(WORKER), { ...inputs, secrets: `PASSWORD=${arns['PASSWORD']}` });
    expect(result.code, result.stdout).toBe(0);
    expect(result.stdout.split(`PASSWORD ${await hash(PASSWORD)} ***`)).toHaveLength(3);
  });
});

describe('a task', () => {
  it('is skipped for the same secrets, and runs for others', async () => {
    const inputs = { task: 'again', run: 'true', download: 'none', 'upload-artifacts': 'none' };
    const of = (secrets: string): Promise<StepResult> => aws.run(aws.workspace({}), { ...inputs, secrets });
    expect((await of(`A=${arns['PASSWORD']}`)).outputs['skipped']).toBe('false');
    expect((await of(`A=${arns['PASSWORD']}`)).outputs['skipped']).toBe('true');
    const other = await of(`A=${arns['KEY']}`);
    expect(other.outputs['skipped']).toBe('false');
    expect(other.stdout).toMatch(/Ran because the task has changed since \S+: secrets: A\.\n/);
  });

  it('that is planned says what would be read', async () => {
    const inputs = { task: 'planned', run: 'true', mode: 'plan', secrets: `A=${arns['PASSWORD']}\nB=${arns['KEY']}` };
    const { stdout } = await aws.run(aws.workspace({}), inputs);
    expect(stdout).toContain("Secrets: A, B would be read by the job's role\n");
  });
});

describe("the job's role", () => {
  it('is granted just that', async () => {
    const secrets = `A=${arns['PASSWORD']}\nB=${arns['DB']?.slice(0, -7)}:user\nC=${arns['DB']?.slice(0, -7)}:password`;
    await aws.run(aws.workspace({}), {
      task: 'granted',
      project: 'granted',
      run: 'true',
      secrets,
      download: 'none',
      'upload-artifacts': 'none',
    });
    const iam = iamOf(aws);
    const RoleName = 'SimpleSagemaker-granted';
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    const documents = PolicyNames.filter((name) => name.startsWith('secret-')).map(async (PolicyName) => {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return (JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: { Resource: string }[] }).Statement;
    });
    const resources = (await Promise.all(documents)).flat().map(({ Resource }) => Resource);
    expect(resources.sort()).toEqual([`${arns['DB']?.slice(0, -7)}-??????`, arns['PASSWORD']].sort());
  });

  it('has it in time where IAM is slow', async () => {
    await aws.fault({ kind: 'policy-not-seen', role: 'SimpleSagemaker-slow', seconds: 6 });
    const inputs = {
      task: 'slow',
      project: 'slow',
      run: 'python3 show.py A',
      dependencies: 'show.py',
      secrets: `A=${arns['OTHER']}`,
    };
    const result = await aws.run(aws.workspace(WORKER), { ...inputs, download: 'none', 'upload-artifacts': 'none' });
    await aws.liftFaults();
    expect(result.code, result.stdout).toBe(0);
  });

  it('of your own that may not is a clear error', async () => {
    const secrets = `DB_PASSWORD=${arns['OTHER']}`;
    const given = { run: 'echo never', 'execution-role': 'SimpleSagemaker-granted', project: 'granted' };
    const result = await aws.run(aws.workspace({}), { task: 'denied', ...given, secrets, download: 'logs' });
    expect(result.code).toBe(1);
    expect(result.outputs['failure-reason']).toContain(
      'The secret DB_PASSWORD could not be read: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/' +
        `SimpleSagemaker-granted/SageMaker is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arns['OTHER']} ` +
        'because no identity-based policy allows the secretsmanager:GetSecretValue action. ' +
        `Allow secretsmanager:GetSecretValue on ${arns['OTHER']} to the job's role.`,
    );
    expect(result.stdout).not.toContain('Invoking script');
  });
});

describe('a secret that is not there', () => {
  it('is a clear error', async () => {
    const secrets = 'A=arn:aws:ssm:us-east-1:123456789012:parameter/none';
    const result = await aws.run(aws.workspace({}), {
      task: 'none',
      run: 'echo never',
      secrets,
      download: 'none',
      'upload-artifacts': 'none',
    });
    expect(result.code).toBe(1);
    expect(result.outputs['failure-reason']).toContain('The secret A could not be read: ParameterNotFound: ');
    expect(result.stdout).not.toContain('Invoking script');
  });
});

describe('an image without Python', () => {
  it('is a clear error before the script starts', async () => {
    // A folder that has what the launcher itself needs, and no Python.
    const bin = join(aws.folder, 'bin');
    mkdirSync(bin);
    for (const name of ['sh', 'tar', 'gzip', 'mkdir']) symlinkSync(`/bin/${name}`, join(bin, name));
    const given = { run: 'echo never', environment: `PATH=${bin}`, secrets: `A=${arns['PASSWORD']}` };
    const result = await aws.run(aws.workspace({}), {
      task: 'shell',
      ...given,
      download: 'none',
      'upload-artifacts': 'none',
    });
    expect(result.code).toBe(1);
    expect(result.outputs['failure-reason']).toContain(
      'secrets needs Python 3.6 or later in the image, which this one',
    );
    expect(result.stdout).not.toContain('Invoking script');
  });
});

describe("AWS's own host", () => {
  it('is asked where no variable names another, by the proxy and with the certificates that the container names', async () => {
    const behind = await StandIn.start(['--tls']);
    try {
      const arn = await behind.keepSecret('team/password', { SecretString: PASSWORD });
      const given = { run: 'python3 show.py A', dependencies: 'show.py', environment: 'AWS_ENDPOINT_URL=' };
      const inputs = { task: 'tls', ...given, secrets: `A=${arn}`, download: 'none', 'upload-artifacts': 'none' };
      const result = await behind.run(behind.workspace(WORKER), inputs);
      expect(result.code, result.stdout).toBe(0);
      expect(result.stdout).toContain(`A ${await hash(PASSWORD)} ***`);
    } finally {
      await behind.stop();
    }
  });
});

describe('a plain value', () => {
  it('is a mistake that does not show it, before anything is created', async () => {
    await aws.clearRequests();
    const { code, stdout } = await aws.run(aws.workspace({}), { task: 'plain', run: 'true', secrets: `A=${PASSWORD}` });
    expect(code).toBe(1);
    expect(stdout).toContain('secrets: the value of "A" is not the ARN of a secret or of a parameter: write arn:aws:');
    hidden(stdout);
    expect(await aws.calls()).toEqual({});
  });

  it('of another input is a warning that does not show it', async () => {
    const given = { environment: `DB_PASSWORD=${PASSWORD}`, mode: 'plan' };
    const { code, stdout, summary } = await aws.run(aws.workspace({}), { task: 'warned', run: 'true', ...given });
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(
      '::warning::environment: DB_PASSWORD looks like a credential. Whoever may describe training jobs',
    );
    hidden(stdout + summary);
  });
});
