/** The same trainings by the SageMaker Python SDK, in a script on the stand-in: what it prints is the text of its pictures. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { iamOf } from '../action/setup.ts';
import { StandIn } from '../action/stand-in.ts';
import { MACHINE, project, type Sources } from './runs.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'pictures', 'sdk.py');
/** Lines at the end of the output that a picture shows. */
const SHOWN = { trained: 36, failed: 30 };
const COLUMNS = 120;

/** `python`: of a virtual environment that has the SDK. */
export async function sdkSourcesOf(python: string): Promise<Sources> {
  const aws = await StandIn.start(['--tls', '--time-scale', '0.05'], MACHINE);
  try {
    await makeRole(aws);
    const files = Object.entries(project()).filter(([path]) => path !== 'event.json');
    const sources = Object.fromEntries(
      files.map(([path, text]) => [path.startsWith('data/') ? path : `code/${path}`, text]),
    );
    const workspace = aws.workspace({ ...sources, 'run.py': readFileSync(SCRIPT, 'utf8') });
    return {
      sdk: printed(aws, workspace, python, [], SHOWN.trained),
      'sdk-failure': printed(aws, workspace, python, ['bill_length_mm,bill_dpeth_mm'], SHOWN.failed),
    };
  } finally {
    await aws.stop();
  }
}

async function makeRole(aws: StandIn): Promise<void> {
  const document = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const iam = iamOf(aws);
  const trust = { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await iam.send(new CreateRoleCommand({ RoleName: 'training', AssumeRolePolicyDocument: document(trust) }));
  const all = document({ Effect: 'Allow', Action: '*', Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'training', PolicyName: 'all', PolicyDocument: all }));
}

/** The command, how many lines are above, and the last lines: what a workflow's log has, which is no terminal. */
function printed(aws: StandIn, workspace: string, python: string, words: readonly string[], shown: number): string {
  const { proxy, bundle } = aws.tls;
  const here = '127.0.0.1,localhost';
  const { status, stdout, stderr } = spawnSync(python, ['run.py', ...words], {
    cwd: workspace,
    encoding: 'utf8',
    env: {
      ...{ PATH: MACHINE.PATH, HOME: aws.folder, COLUMNS: String(COLUMNS) },
      ...{ HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: here, no_proxy: here },
      ...{ AWS_CA_BUNDLE: bundle, REQUESTS_CA_BUNDLE: bundle, SSL_CERT_FILE: bundle },
      ...{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    },
  });
  if (status !== (words.length === 0 ? 0 : 1))
    throw new Error(`the SDK's script ended with ${status}:\n${stdout}${stderr}`);
  const lines = `${stdout}${stderr}`
    .replaceAll(dirname(dirname(python)), '/home/runner/.venv')
    .replaceAll(workspace, '/home/runner/work/penguins/penguins')
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
  const above = lines.length - shown;
  return [`$ python run.py ${words.join(' ')}`.trimEnd(), `… ${above} lines above …`, ...lines.slice(-shown)].join(
    '\n',
  );
}
