/** Each input of a task at its bounds and beyond them; rules that span inputs; every mistake told, and told at once. */
import { describe, expect, it } from 'vitest';
import { INPUTS, type InputName } from '../../src/config/inputs.ts';
import { readSpec } from '../../src/config/read-spec.ts';
import { InputError } from '../../src/core/errors.ts';
import { checkEnvironment, checkTags, tagText } from '../../src/job/limits.ts';
import { CONTEXT, type Given, mistakesOf, rawInputs, specOf } from '../given.ts';

describe('what is left out', () => {
  it('has its default, all of them', () => {
    expect(specOf()).toEqual({
      mode: { kind: 'run' },
      place: { task: 'train', project: 'repo', prefix: '', basePrefix: undefined },
      code: {
        start: { kind: 'entrypoint', path: 'w.py' },
        sourceDir: undefined,
        dependencies: [],
        arguments: [],
        hyperparameters: new Map(),
        flags: new Set(),
        environment: new Map(),
        secrets: new Map(),
        launcher: 'action',
        distribution: { kind: 'none' },
      },
      resources: {
        instanceTypes: ['ml.m5.large'],
        instanceCount: 1,
        volumeSizeGb: 30,
        spot: true,
        capacityWaitSeconds: 900,
        maxRunSeconds: 1440 * 60,
        maxWaitSeconds: 1440 * 60,
        maxCostUsd: undefined,
        keepAliveSeconds: undefined,
        network: { subnets: [], securityGroupIds: [], isolation: false, encryptTraffic: false },
        kmsKey: undefined,
        remoteDebug: false,
        tags: new Map(),
      },
      role: { existing: undefined, boundary: undefined, path: undefined },
      image: {
        choice: { image: undefined, framework: 'pytorch', frameworkVersion: undefined, pythonVersion: undefined },
        build: undefined,
        buildArgs: new Map(),
        repository: 'repo',
        tag: undefined,
      },
      channels: [],
      results: {
        outputPath: 'sagemaker-output/train',
        compression: 'gzip',
        download: new Set(['logs', 'model', 'output']),
        artifacts: new Set(['model', 'output']),
        artifactName: 'repo-train',
        retentionDays: undefined,
        compressionLevel: undefined,
      },
      metrics: [],
      failIf: [],
      summary: true,
      github: { comment: false, commitStatus: 'auto', token: '' },
      given: new Map([
        ['task', 'train'],
        ['entrypoint', 'w.py'],
      ]),
      request: undefined,
      follow: { wait: true, waitSeconds: undefined, onCancel: 'stop' },
      reuse: { skipIf: 'unchanged', cleanState: false, whenBusy: 'wait' },
      aws: { region: 'us-east-1', bucket: undefined, roleToAssume: undefined },
    });
  });

  it('is the same as blanks', () => {
    const blank: Given = Object.fromEntries(
      INPUTS.filter((name) => !['image', 'source-dir', 'output-path', 'framework'].includes(name))
        .filter((name) => !name.endsWith('-version'))
        .map((name) => [name, ' \n ']),
    );
    expect(specOf({ ...blank, task: 'train', entrypoint: 'w.py' })).toEqual(specOf());
  });

  it.each([
    ['org/my.repo', 'my.repo'],
    ['org/.github', 'github'],
    ['org/_x', 'x'],
    ['org/...', 'project'],
    ['', 'project'],
    ['org/a b', 'a-b'],
  ])('makes the repository %j the project %s', (repository, project) => {
    expect(specOf({}, { ...CONTEXT, repository }).place.project).toBe(project);
  });

  it.each<[number | undefined, string, string]>([
    [undefined, '', ''],
    [12, '', 'pr-12/'],
    [12, '/', ''],
    [12, '//', ''],
    [12, 'a', 'a/'],
    [12, '/a//b/', 'a/b/'],
    [undefined, 'release_1.0', 'release_1.0/'],
  ])('in pull request %s makes prefix %j %j', (pullRequest, prefix, expected) => {
    const event = pullRequest === undefined ? 'push' : 'pull_request';
    const payload = pullRequest === undefined ? {} : { pull_request: { number: pullRequest } };
    expect(specOf({ prefix }, { ...CONTEXT, event, payload }).place.prefix).toBe(expected);
  });

  it('lets the time to wait follow the time to run', () => {
    expect(specOf({ 'max-run-minutes': '5' })).toMatchObject({
      resources: { maxRunSeconds: 300, maxWaitSeconds: 300 },
    });
    expect(specOf({ 'max-run-minutes': '5', spot: 'false' })).toMatchObject({
      resources: { maxRunSeconds: 300, maxWaitSeconds: undefined },
    });
  });
});

const ID = '01234567-89ab-cdef-0123-456789abcdef';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db';
const KEYS = [
  ...[ID, `key/${ID}`, 'mrk-0123456789abcdef0123456789abcdef', 'alias/team/ml'],
  ...[`arn:aws:kms:us-east-1:123456789012:key/${ID}`, 'arn:aws-cn:kms:cn-north-1:123456789012:alias/x'],
];

describe('what is given', () => {
  it.each<[Given, object]>([
    [{ task: 'x'.repeat(128) }, { place: { task: 'x'.repeat(128) } }],
    [{ task: 'A9._-' }, { results: { outputPath: 'sagemaker-output/A9._-' } }],
    [{ project: '9' }, { place: { project: '9' } }],
    [{ bucket: 'abc' }, { aws: { bucket: 'abc' } }],
    [{ bucket: `a${'.b'.repeat(31)}` }, { aws: { bucket: `a${'.b'.repeat(31)}` } }],
    [{ entrypoint: ' sub dir/ü.sh ' }, { code: { start: { kind: 'entrypoint', path: 'sub dir/ü.sh' } } }],
    [{ entrypoint: '', run: ' echo "$X"\necho' }, { code: { start: { kind: 'run', text: ' echo "$X"\necho' } } }],
    [{ 'source-dir': 'src' }, { code: { sourceDir: 'src' } }],
    [{ dependencies: 'a\nb c' }, { code: { dependencies: ['a', 'b c'] } }],
    [{ arguments: `--a 'b c'` }, { code: { arguments: ['--a', 'b c'] } }],
    [
      { environment: 'A=1\nb_2=' },
      {
        code: {
          environment: new Map([
            ['A', '1'],
            ['b_2', ''],
          ]),
        },
      },
    ],
    [{ 'instance-type': 'ml.p4d.24xlarge' }, { resources: { instanceTypes: ['ml.p4d.24xlarge'] } }],
    ...['ml.m5.large, ml.c5.xlarge', 'ml.m5.large\nml.c5.xlarge', '["ml.m5.large", "ml.c5.xlarge"]'].map(
      (types): [Given, object] => [
        { 'instance-type': types },
        { resources: { instanceTypes: ['ml.m5.large', 'ml.c5.xlarge'] } },
      ],
    ),
    [{ 'instance-type': '# the best\nml.m5.large,' }, { resources: { instanceTypes: ['ml.m5.large'] } }],
    [{ spot: 'prefer', 'max-wait-minutes': '1441' }, { resources: { spot: 'prefer', maxWaitSeconds: 86_460 } }],
    [{ spot: 'prefer', 'capacity-wait-minutes': '0.05' }, { resources: { capacityWaitSeconds: 3 } }],
    [{ spot: 'prefer', 'capacity-wait-minutes': '40320' }, { resources: { capacityWaitSeconds: 28 * 24 * 3600 } }],
    [{ 'instance-count': '1000' }, { resources: { instanceCount: 1000 } }],
    [{ 'volume-size': '16384' }, { resources: { volumeSizeGb: 16384 } }],
    [{ spot: 'FALSE' }, { resources: { spot: false } }],
    [{ 'max-run-minutes': '40320' }, { resources: { maxRunSeconds: 28 * 24 * 3600 } }],
    [{ 'max-run-minutes': '60', 'max-wait-minutes': '60' }, { resources: { maxWaitSeconds: 3600 } }],
    [{ 'max-cost': '12' }, { resources: { maxCostUsd: 12 } }],
    [{ 'max-cost': '0.50' }, { resources: { maxCostUsd: 0.5 } }],
    [{ 'execution-role': 'My+Role=,.@-_' }, { role: { existing: 'My+Role=,.@-_' } }],
    [
      { 'execution-role': 'arn:aws-us-gov:iam::123456789012:role/service-role/x' },
      { role: { existing: 'arn:aws-us-gov:iam::123456789012:role/service-role/x' } },
    ],
    [
      { 'role-to-assume': 'arn:aws-cn:iam::123456789012:role/a/b', 'aws-region': 'cn-north-1' },
      {
        aws: {
          roleToAssume: {
            roleArn: 'arn:aws-cn:iam::123456789012:role/a/b',
            sessionName: 'GitHubActions',
            region: 'cn-north-1',
          },
        },
      },
    ],
    [
      { 'role-to-assume': 'arn:aws:iam::123456789012:role/r', 'role-session-name': 'me@x' },
      {
        aws: {
          roleToAssume: { roleArn: 'arn:aws:iam::123456789012:role/r', sessionName: 'me@x', region: 'us-east-1' },
        },
      },
    ],
    [{ image: 'any/image:tag' }, { image: { choice: { image: 'any/image:tag', framework: 'pytorch' } } }],
    [{ 'output-path': 'out' }, { results: { outputPath: 'out' } }],
    [{ download: 'none' }, { results: { download: new Set(['model', 'output']) } }],
    [{ download: 'none', 'upload-artifacts': 'none' }, { results: { download: new Set(), artifacts: new Set() } }],
    [{ download: 'state', 'upload-artifacts': 'source' }, { results: { download: new Set(['state', 'source']) } }],
    [{ summary: 'False' }, { summary: false }],
    [{ comment: 'TRUE', 'github-token': 'ghs_x' }, { github: { comment: true, token: 'ghs_x' } }],
    [{ 'commit-status': 'auto' }, { github: { commitStatus: 'auto', token: '' } }],
    [{ 'commit-status': 'True', 'github-token': 'ghs_x' }, { github: { commitStatus: 'true' } }],
    [{ 'commit-status': 'FALSE' }, { github: { commitStatus: 'false' } }],
    [{ tags: 'a b=ü +-=._:/@' }, { resources: { tags: new Map([['a b', 'ü +-=._:/@']]) } }],
    [{ 'aws-region': 'us-gov-west-1' }, { aws: { region: 'us-gov-west-1' } }],
    [{ 'base-prefix': '/', prefix: 'pr-1' }, { place: { basePrefix: '', prefix: 'pr-1/' } }],
    [{ mode: 'collect', entrypoint: '' }, { mode: { kind: 'collect' } }],
    [{ 'job-name': 'p-t-1', entrypoint: '' }, { mode: { kind: 'job', job: 'p-t-1' } }],
    [{ launcher: 'image' }, { code: { launcher: 'image', distribution: { kind: 'none' } } }],
    [{ distribution: 'torchrun' }, { code: { distribution: { kind: 'torchrun', processes: undefined } } }],
    [{ distribution: '{"torchrun": {}}' }, { code: { distribution: { kind: 'torchrun', processes: undefined } } }],
    [
      { distribution: '{"torchrun": {"processes": 8}}' },
      { code: { distribution: { kind: 'torchrun', processes: 8 } } },
    ],
    [
      { launcher: 'image', distribution: '{"mpi": {"enabled": true}}' },
      { code: { distribution: { kind: 'sdk', options: { mpi: { enabled: true } } } } },
    ],
    [{ spot: 'false', 'keep-alive-minutes': '360' }, { resources: { keepAliveSeconds: 21_600 } }],
    [
      { subnets: 'subnet-0a, subnet-1b\nsubnet-0a', 'security-group-ids': '["sg-1"]' },
      { resources: { network: { subnets: ['subnet-0a', 'subnet-1b'], securityGroupIds: ['sg-1'] } } },
    ],
    [
      { 'network-isolation': 'true', 'encrypt-inter-container-traffic': 'True' },
      { resources: { network: { isolation: true, encryptTraffic: true } } },
    ],
    ...KEYS.map((key): [Given, object] => [{ 'kms-key': key }, { resources: { kmsKey: key.replace(/^key\//, '') } }]),
    [
      { 'role-permissions-boundary': 'arn:aws:iam::aws:policy/PowerUserAccess' },
      { role: { boundary: 'arn:aws:iam::aws:policy/PowerUserAccess' } },
    ],
    ...['/', '//'].map((path): [Given, object] => [{ 'role-path': path }, { role: { path: '/' } }]),
    ...['a/b', '/a/b', 'a/b/', '/a//b/'].map((path): [Given, object] => [
      { 'role-path': path },
      { role: { path: '/a/b/' } },
    ]),
    [{ 'artifact-name': "my results (1) 'x'" }, { results: { artifactName: "my results (1) 'x'" } }],
    [{ 'retention-days': '400' }, { results: { retentionDays: 400 } }],
    [{ 'retention-days': '0' }, { results: { retentionDays: undefined } }],
    [{ 'compression-level': '0' }, { results: { compressionLevel: 0 } }],
    [{ 'compression-level': '9' }, { results: { compressionLevel: 9 } }],
    [
      { 'skip-if': 'completed', 'clean-state': 'true', 'when-busy': 'replace' },
      { reuse: { skipIf: 'completed', cleanState: true, whenBusy: 'replace' } },
    ],
    [
      { hyperparameters: '{"a": {"a": "\\"a\\": a"}, "b": [{"a": null}, {"a": null}]}' },
      {
        code: {
          hyperparameters: new Map<string, unknown>([
            ['a', { a: '"a": a' }],
            ['b', [{ a: null }, { a: null }]],
          ]),
        },
      },
    ],
    ...['a=(b)', '[{"Name": "a", "Regex": "(b)"}]', '[\n{"Name": "a",\n"Regex": "(b)"}\n]', '{"a": "(b)"}'].map(
      (metrics): [Given, object] => [{ metrics }, { metrics: [{ name: 'a', regex: '(b)' }] }],
    ),
    [{ tags: '[{"Key": "team", "Value": "ml"}]' }, { resources: { tags: new Map([['team', 'ml']]) } }],
    [{ environment: '[{"name": "A", "value": "1"}]' }, { code: { environment: new Map([['A', '1']]) } }],
    [
      { inputs: '[{"Name": "data", "Value": "./a File"}]' },
      { channels: [{ name: 'data', source: { kind: 'local', path: './a' }, mode: 'File' }] },
    ],
    [
      { hyperparameters: 'fp16\nlr=1' },
      {
        code: {
          hyperparameters: new Map<string, unknown>([
            ['fp16', true],
            ['lr', '1'],
          ]),
          flags: new Set(['fp16']),
        },
      },
    ],
    [{ arguments: '["a b", "c"]' }, { code: { arguments: ['a b', 'c'] } }],
    [{ secrets: `A=${SECRET}` }, { code: { secrets: new Map([['A', { arn: SECRET, service: 'secretsmanager' }]]) } }],
  ])('%j', (given, expected) => {
    expect(specOf(given)).toMatchObject(expected);
  });
});

const many = (count: number): string => Array.from({ length: count }, (_, at) => `K${at}=v`).join('\n');

describe('a mistake', () => {
  it.each<[Given, InputName]>([
    ...['', ' ', 'a/b', '.a', '-a', '_a', 'a b', 'ü', 'a\nb', '../a', 'x'.repeat(129)].map(
      (task): [Given, InputName] => [{ task }, 'task'],
    ),
    ...['a/b', '.a', '-', 'ü', 'x'.repeat(129)].map((project): [Given, InputName] => [{ project }, 'project']),
    ...['..', 'a/../b', './a', '.', 'a b', 'ü', 'a\\b', 'a?'].map((prefix): [Given, InputName] => [
      { prefix },
      'prefix',
    ]),
    ...['ab', 'A-b', 'a_b', '-ab', 'ab-', 'a..b', 's3://abc', 'abc/d', 'x'.repeat(64)].map(
      (bucket): [Given, InputName] => [{ bucket }, 'bucket'],
    ),
    ...['w', 'w.txt', 'w.py.bak', 'w.PY', 'w.py extra'].map((entrypoint): [Given, InputName] => [
      { entrypoint },
      'entrypoint',
    ]),
    [{ dependencies: '["a", 1]' }, 'dependencies'],
    [{ arguments: '"open' }, 'arguments'],
    ...['a b', 'a: b', 'a="b"', '--a', 'a=1 b=2', 'sagemaker_x', '{a: 1}'].map(
      (hyperparameters): [Given, InputName] => [{ hyperparameters }, 'hyperparameters'],
    ),
    [{ hyperparameters: '{"a": 1, "a": 2}' }, 'hyperparameters'],
    [{ hyperparameters: '{"b": [{"c": "}{", "\\u0061": 1, "a" : {}}]}' }, 'hyperparameters'],
    [{ environment: '{"A": "1", "B": "2", "A": "3"}' }, 'environment'],
    [{ tags: '{"a": "b", "a": "c"}' }, 'tags'],
    [{ distribution: '{"torchrun": {"processes": 1, "processes": 2}}' }, 'distribution'],
    [{ environment: 'a-b=1' }, 'environment'],
    [{ environment: 'CA_REPOSITORY_ARN=my-repository' }, 'environment'],
    [{ environment: 'CA_REPOSITORY_ARN=arn:aws:codeartifact:us-east-1:1:repository/d/r' }, 'environment'],
    [{ environment: 'A=1\nA=2' }, 'environment'],
    [{ environment: `${'A'.repeat(513)}=1` }, 'environment'],
    [{ environment: many(101) }, 'environment'],
    ...['A=x', 'a-b=x', `A: ${SECRET}`, `A="${SECRET}"`, 'x', `{"A": ${SECRET}}`].map((secrets): [Given, InputName] => [
      { secrets },
      'secrets',
    ]),
    ...['m5.large', 'ml.m5', 'ML.m5.large', 'ml.m5.large,m4.large', 'ml..large', ',', 'ml.m5.large ml.m5.large'].map(
      (type): [Given, InputName] => [{ 'instance-type': type }, 'instance-type'],
    ),
    ...['0', '-1', '1.5', 'one', '1001'].map((count): [Given, InputName] => [
      { 'instance-count': count },
      'instance-count',
    ]),
    ...['0', '16385', '30GB'].map((size): [Given, InputName] => [{ 'volume-size': size }, 'volume-size']),
    ...['yes', '1', 'Prefer', 'preferred'].map((spot): [Given, InputName] => [{ spot }, 'spot']),
    ...['0', '0.0', '40320.1', '-1', '15m', '.5', '1e3', 'x'].map((text): [Given, InputName] => [
      { spot: 'prefer', 'capacity-wait-minutes': text },
      'capacity-wait-minutes',
    ]),
    ...['0', '40321', '1h', '1.5'].map((text): [Given, InputName] => [{ 'max-run-minutes': text }, 'max-run-minutes']),
    ...['1439', '40321', 'x'].map((text): [Given, InputName] => [{ 'max-wait-minutes': text }, 'max-wait-minutes']),
    ...['0', '0.00', '-1', '$5', '1,000', '1e3', '5 USD', '.5', '1'.repeat(400)].map((text): [Given, InputName] => [
      { 'max-cost': text },
      'max-cost',
    ]),
    ...['a b', 'x'.repeat(65), 'arn:aws:iam::12345:role/x', 'arn:aws:iam::123456789012:user/x', 'path/name'].map(
      (role): [Given, InputName] => [{ 'execution-role': role }, 'execution-role'],
    ),
    ...['Pytorch', 'constructor', '__proto__', 'huggingface9'].map((framework): [Given, InputName] => [
      { framework },
      'framework',
    ]),
    ...['0.1', 'latest', '__proto__', 'constructor', '99', '2.8.', '2-', 'v2.8.0', ''.padEnd(9, '2.')].map(
      (version): [Given, InputName] => [{ 'framework-version': version }, 'framework-version'],
    ),
    ...['2.7', 'constructor', 'x'].map((version): [Given, InputName] => [
      { 'python-version': version },
      'python-version',
    ]),
    ...['all', 'model output logs x', 'none, model'].map((download): [Given, InputName] => [{ download }, 'download']),
    [{ 'upload-artifacts': 'Model' }, 'upload-artifacts'],
    ...['401', '-1', '1.5', 'week'].map((days): [Given, InputName] => [{ 'retention-days': days }, 'retention-days']),
    ...['10', '-1', 'best'].map((level): [Given, InputName] => [{ 'compression-level': level }, 'compression-level']),
    [{ summary: 'on' }, 'summary'],
    [{ comment: 'yes', 'github-token': 'ghs_x' }, 'comment'],
    [{ comment: 'true' }, 'comment'],
    [{ 'commit-status': 'AUTO' }, 'commit-status'],
    [{ 'commit-status': 'true' }, 'commit-status'],
    [{ 'github-token': 'Bearer ghs_x' }, 'github-token'],
    [{ 'github-token': 'ghs_é', comment: 'true' }, 'github-token'],
    ...[
      'a',
      'a=<x>',
      'a=1\na=2',
      `a=${'x'.repeat(257)}`,
      `${'x'.repeat(129)}=a`,
      'aws:a=b',
      '{"": "x"}',
      '{"a": []}',
      many(43),
    ].map((tags): [Given, InputName] => [{ tags }, 'tags']),
    ...['us-east', 'US-EAST-1', 'useast1', 'us_east_1', 'us-east-1a', '-1'].map((region): [Given, InputName] => [
      { 'aws-region': region },
      'aws-region',
    ]),
    ...['role', 'arn:aws:iam::12345:role/x', 'arn:aws:iam::123456789012:user/x', 'arn:aws:iam::123456789012:role/'].map(
      (role): [Given, InputName] => [{ 'role-to-assume': role }, 'role-to-assume'],
    ),
    ...['x', 'a b', 'x'.repeat(65), 'a/b'].map((name): [Given, InputName] => [
      { 'role-to-assume': 'arn:aws:iam::123456789012:role/r', 'role-session-name': name },
      'role-session-name',
    ]),
    [{ 'role-session-name': 'fine' }, 'role-session-name'],
    ...['..', 'a b', '/'].map((prefix): [Given, InputName] => [{ 'base-prefix': prefix }, 'base-prefix']),
    ...['Collect', 'x'].map((mode): [Given, InputName] => [{ mode }, 'mode']),
    ...['-a', 'a_b', 'x'.repeat(64), 'a-'].map((job): [Given, InputName] => [
      { 'job-name': job, entrypoint: '' },
      'job-name',
    ]),
    [{ launcher: 'Image' }, 'launcher'],
    ...[
      ...['mpi', '{"mpi": {}}', '{"torchrun": {}, "mpi": {}}', '{"torchrun": {"nproc": 1}}', '{"torchrun": 4}', '{"'],
      ...[
        '{"torchrun": {"processes": 0}}',
        '{"torchrun": {"processes": 1025}}',
        '{"torchrun": {"processes": "x"}}',
        '{}',
      ],
    ].map((distribution): [Given, InputName] => [{ distribution }, 'distribution']),
    ...['torchrun', '{"torchrun": {}}', '{"mpi": true}', '[1]'].map((distribution): [Given, InputName] => [
      { launcher: 'image', distribution },
      'distribution',
    ]),
    ...['0', '361', '1.5'].map((text): [Given, InputName] => [
      { spot: 'false', 'keep-alive-minutes': text },
      'keep-alive-minutes',
    ]),
    ...[
      'sg-1',
      'subnet-',
      'subnet-A',
      'subnet-1 subnet-ü',
      Array.from({ length: 17 }, (_, at) => `subnet-${at}`).join(),
    ].map((subnets): [Given, InputName] => [{ subnets, 'security-group-ids': 'sg-1' }, 'subnets']),
    ...['subnet-1', 'sg-1,sg-2,sg-3,sg-4,sg-5,sg-6'].map((groups): [Given, InputName] => [
      { subnets: 'subnet-1', 'security-group-ids': groups },
      'security-group-ids',
    ]),
    ...['x', 'alias/', 'alias/a b', `${ID}0`, 'arn:aws:kms:us-east-1:1:key/x', `alias/${'x'.repeat(251)}`].map(
      (key): [Given, InputName] => [{ 'kms-key': key }, 'kms-key'],
    ),
    ...['PowerUserAccess', 'arn:aws:iam::aws:role/x'].map((arn): [Given, InputName] => [
      { 'role-permissions-boundary': arn },
      'role-permissions-boundary',
    ]),
    ...['a b', '/ü/', 'x'.repeat(511)].map((path): [Given, InputName] => [{ 'role-path': path }, 'role-path']),
    ...['a/b', 'a:b', 'a?', 'x'.repeat(201), 'a\\b'].map((name): [Given, InputName] => [
      { 'artifact-name': name },
      'artifact-name',
    ]),
    [{ 'skip-if': 'always' }, 'skip-if'],
    [{ 'when-busy': 'queue' }, 'when-busy'],
    [{ 'model-compression': 'zip' }, 'model-compression'],
    [{ wait: 'no way' }, 'wait'],
    [{ 'wait-minutes': '0' }, 'wait-minutes'],
    [{ 'on-cancel': 'leave' }, 'on-cancel'],
    [{ wait: 'false', 'wait-minutes': '5' }, 'wait-minutes'],
    [{ wait: 'false', 'on-cancel': 'detach' }, 'on-cancel'],
    // One more than a job can have that the action tags as left.
    [{ wait: 'false', tags: Array.from({ length: 42 }, (_, at) => `t${at}=v`).join('\n') }, 'tags'],
    [{ 'clean-state': 'yes' }, 'clean-state'],
    ...['a=', '[{"Name": "a"}]', 'a="(b)"', '{"metrics": {"a": "(b)"}}', '["a=(b)"]'].map(
      (metrics): [Given, InputName] => [{ metrics }, 'metrics'],
    ),
    ...['export A=b', 'A: b', 'A="b"', 'A=1 # x', '{"env": {"A": "b"}}'].map((environment): [Given, InputName] => [
      { environment },
      'environment',
    ]),
    ...['data: ./x', 'data="./x"', 'data=./x train=./y', 'data=./x File train=s3://b/y', '- data=./x'].map(
      (inputs): [Given, InputName] => [{ inputs }, 'inputs'],
    ),
    ...['[model, output]', '- model', '"model"', 'model # only'].map((download): [Given, InputName] => [
      { download },
      'download',
    ]),
    ...['torchrun: {processes: 4}', "{'torchrun': {}}", '"torchrun"'].map((distribution): [Given, InputName] => [
      { distribution },
      'distribution',
    ]),
    ...['a/B', 'a b', 'a:1:2', 'https://ghcr.io/a'].map((image): [Given, InputName] => [{ image }, 'image']),
    ...['A', 'a', '/a', 'a/', 'a//b', 'x'.repeat(129)].map((name): [Given, InputName] => [
      { dockerfile: 'FROM a', 'ecr-repository': name },
      'ecr-repository',
    ]),
    ...['-a', 'a b', 'a:b', 'ü', 'x'.repeat(129)].map((tag): [Given, InputName] => [
      { dockerfile: 'FROM a', 'image-tag': tag },
      'image-tag',
    ]),
    ...['a', '1=2', 'a-b=c'].map((args): [Given, InputName] => [
      { dockerfile: 'FROM a', 'build-args': args },
      'build-args',
    ]),
    [{ 'docker-context': '.' }, 'docker-context'],
    [{ 'build-args': 'a=b' }, 'build-args'],
    [{ 'ecr-repository': 'ab' }, 'ecr-repository'],
    [{ 'image-tag': 'v1', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/a' }, 'image-tag'],
    [{ dockerfile: 'FROM a', image: 'a', framework: 'pytorch' }, 'framework'],
    ...['source-dir', 'dependencies', 'distribution'].map((input): [Given, InputName] => [
      { entrypoint: '', image: 'a', [input]: input === 'distribution' ? 'torchrun' : 'x' },
      input as InputName,
    ]),
    [{ entrypoint: '', image: 'a', arguments: 'a '.repeat(101) }, 'arguments'],
    [{ entrypoint: '', image: 'a', arguments: 'a'.repeat(257) }, 'arguments'],
    [{ 'instance-type': 'ml.p6e-gb200.36xlarge' }, 'instance-type'],
    [{ entrypoint: '', image: 'a', launcher: 'image', arguments: 'x' }, 'launcher'],
  ])('%j is told, with its input and a remedy', (given, input) => {
    const found = mistakesOf(given);
    expect(found.map((mistake) => mistake.input)).toEqual([input]);
    expect(found[0]?.problem).toMatch(/[^\s.:]$/);
    expect(found[0]?.remedy).toMatch(/^[a-z].*\S\.$/);
  });

  it.each(INPUTS.filter((name) => !['run', 'source-dir', 'dockerfile', 'output-path', 'request'].includes(name)))(
    'in %s never ends as its default in silence',
    (input) => {
      const garbage = { dependencies: '[', arguments: '"', inputs: '=' }[input as string] ?? '"#%\u0000';
      expect(mistakesOf({ [input]: garbage }).map((mistake) => mistake.input)).toContain(input);
    },
  );

  it('is told beside all others, each once', () => {
    const wrong: Given = {
      task: 'a/b',
      project: 'ü',
      prefix: '..',
      bucket: 'X',
      entrypoint: 'w.txt',
      dependencies: '[',
      arguments: '"',
      hyperparameters: '{',
      environment: '1=2',
      'instance-type': 'x',
      'instance-count': '0',
      'volume-size': 'x',
      spot: 'x',
      'execution-role': 'a b',
      framework: 'x',
      inputs: 'a=\nb=s3://',
      download: 'x',
      'upload-artifacts': 'x',
      'retention-days': 'x',
      'compression-level': 'x',
      summary: 'x',
      tags: 'x',
    };
    const found = mistakesOf(wrong);
    expect(found.map(({ input }) => input).sort()).toEqual([...Object.keys(wrong), 'inputs'].sort());
    const { message } = new InputError(found);
    expect(message).toMatch(/^23 inputs are wrong; nothing was created\.\n/);
    for (const { input, problem, remedy } of found) expect(message).toContain(`\n- ${input}: ${problem}: ${remedy}`);
  });
});

describe('a mistake alone', () => {
  it.each<[string, Given, string]>([
    [
      'a limit that is not a number says nothing of the other',
      { 'max-run-minutes': 'x', 'max-wait-minutes': '60' },
      'max-run-minutes',
    ],
    ['a region that is not valid is not also missing', { 'aws-region': 'mars' }, 'aws-region'],
    ['words that name nothing are not none', { download: ',' }, 'download'],
    ['a comment is not a word', { 'upload-artifacts': '# model' }, 'upload-artifacts'],
  ])('%s', (_what, given, input) => {
    expect(
      mistakesOf(given, { ...CONTEXT, region: given['aws-region'] === undefined ? 'us-east-1' : '' }),
    ).toMatchObject([{ input }]);
  });

  it('is told of a region of the environment too', () => {
    expect(mistakesOf({ image: 'x' }, { ...CONTEXT, region: 'US East' })).toMatchObject([{ input: 'aws-region' }]);
  });

  it('does not hide those of other lines', () => {
    expect(mistakesOf({ inputs: 'a=\nb b=./x\n=q' })).toHaveLength(3);
  });
});

const SIX = ['large', 'xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'].map((size) => `ml.m5.${size}`).join(',');
const TORCH = { launcher: 'image', distribution: '{"torch_distributed": {"enabled": true}}' };

describe('inputs together', () => {
  it.each<[string, Given, InputName[]]>([
    ['neither entrypoint nor run', { entrypoint: '' }, ['entrypoint']],
    ['both', { run: 'echo' }, ['run']],
    ['an image and a framework', { image: 'x', framework: 'sklearn' }, ['framework']],
    [
      'an image and versions',
      { image: 'x', 'framework-version': '1', 'python-version': '3' },
      ['framework-version', 'python-version'],
    ],
    ['waiting less than running', { 'max-run-minutes': '10', 'max-wait-minutes': '9' }, ['max-wait-minutes']],
    ['waiting less than the default of running', { 'max-wait-minutes': '60' }, ['max-wait-minutes']],
    ['waiting on demand', { spot: 'false', 'max-wait-minutes': '2000' }, ['max-wait-minutes']],
    [
      'a framework without GPUs on a GPU',
      { framework: 'sklearn', 'instance-type': 'ml.p3.2xlarge' },
      ['instance-type'],
    ],
    ['a framework in a region without it', { 'aws-region': 'xx-nowhere-1' }, ['aws-region']],
    ['a warm pool on spot', { 'keep-alive-minutes': '5' }, ['keep-alive-minutes']],
    ['a warm pool, perhaps on spot', { spot: 'prefer', 'keep-alive-minutes': '5' }, ['keep-alive-minutes']],
    ['making way for nothing', { 'capacity-wait-minutes': '5' }, ['capacity-wait-minutes']],
    [
      'making way on demand',
      { spot: 'false', 'instance-type': 'ml.m5.large,ml.c5.xlarge', 'capacity-wait-minutes': '5' },
      ['capacity-wait-minutes'],
    ],
    ['a CPU and a GPU, which run different images', { 'instance-type': 'ml.m5.large,ml.g5.xlarge' }, ['instance-type']],
    ['six types on demand', { spot: 'false', 'instance-type': SIX }, ['instance-type']],
    ['six types, at last on demand', { spot: 'prefer', 'instance-type': SIX }, ['instance-type']],
    ...['false', 'prefer'].map((spot): [string, Given, InputName[]] => [
      `types with and without disks, a key, and spot ${spot}`,
      { spot, image: 'x', 'instance-type': 'ml.m5.large,ml.m5d.large', 'kms-key': 'alias/k' },
      ['instance-type'],
    ]),
    [
      'two platforms of an image that is built',
      { dockerfile: 'FROM x', 'instance-type': 'ml.m5.large,ml.p6e-gb200.36xlarge' },
      ['instance-type'],
    ],
    ['… or copied', { image: 'python:3.12', 'instance-type': 'ml.m5.large,ml.p6e-gb200.36xlarge' }, ['instance-type']],
    [
      'several types on demand, and a distribution that names the type',
      { ...TORCH, spot: 'prefer', 'instance-type': 'ml.m5.large,ml.c5.xlarge' },
      ['instance-type'],
    ],
    ['subnets alone', { subnets: 'subnet-1' }, ['security-group-ids']],
    ['security groups alone', { 'security-group-ids': 'sg-1' }, ['subnets']],
    ["AWS's toolkit and shell lines", { launcher: 'image', entrypoint: '', run: 'x' }, ['run']],
    ["AWS's toolkit and a flag", { launcher: 'image', hyperparameters: 'a=1\nfp16' }, ['hyperparameters']],
    ["AWS's toolkit and arguments", { launcher: 'image', arguments: 'x' }, ['arguments']],
    ["AWS's toolkit and no network", { launcher: 'image', 'network-isolation': 'true' }, ['network-isolation']],
    [
      "more hyperparameters than AWS's toolkit leaves room for",
      { launcher: 'image', hyperparameters: many(96) },
      ['hyperparameters'],
    ],
    [
      '… with a distribution',
      { launcher: 'image', hyperparameters: many(94), distribution: '{"pytorchddp": {"enabled": true}}' },
      ['hyperparameters'],
    ],
    ['more hyperparameters than a job has', { hyperparameters: many(101) }, ['hyperparameters']],
    ['a prefix that makes URIs too long', { prefix: 'x/'.repeat(450) }, ['prefix']],
    [
      '… with a channel',
      { prefix: 'x/'.repeat(420), inputs: `${'c'.repeat(64)}=./d`, bucket: 'b'.repeat(63), task: 't'.repeat(60) },
      ['prefix'],
    ],
    ['an image of a long name', { image: `r.example/${'x'.repeat(246)}` }, ['image']],
    ['an image of two words', { image: 'a b' }, ['image']],
    [
      "a given role, and how the action's would be made",
      { 'execution-role': 'r', 'role-path': '/a/', 'role-permissions-boundary': 'arn:aws:iam::aws:policy/x' },
      ['role-permissions-boundary', 'role-path'],
    ],
    ['a base prefix that is the prefix', { prefix: 'a', 'base-prefix': '/a/' }, ['base-prefix']],
    ['collecting, and what is run', { mode: 'collect', inputs: 'd=./x' }, ['entrypoint', 'inputs']],
    ['a secret that is a variable too', { secrets: `A=${SECRET}`, environment: 'A=1' }, ['secrets']],
    ["AWS's toolkit and secrets", { secrets: `A=${SECRET}`, launcher: 'image' }, ['secrets']],
    ['an image that runs by itself, and secrets', { secrets: `A=${SECRET}`, image: 'x', entrypoint: '' }, ['secrets']],
    ['no network, and secrets', { secrets: `A=${SECRET}`, 'network-isolation': 'true' }, ['secrets']],
    ['a secret of another partition', { secrets: `A=${SECRET}`, 'aws-region': 'us-gov-west-1' }, ['secrets']],
    ['collecting, and secrets', { secrets: `A=${SECRET}`, mode: 'collect', entrypoint: '' }, ['secrets']],
    ['one job, and how it is skipped', { 'job-name': 'j', entrypoint: '', 'skip-if': 'never' }, ['skip-if']],
  ])('%s', (_what, given, inputs) => {
    expect(mistakesOf(given).map(({ input }) => input)).toEqual(inputs);
  });

  it.each<[string, Given]>([
    ['an image in a region without frameworks', { image: 'x', 'aws-region': 'xx-nowhere-1' }],
    ['a CPU and a GPU with an image of one’s own', { image: 'x', 'instance-type': 'ml.m5.large,ml.g5.xlarge' }],
    ['six types on spot', { 'instance-type': SIX }],
    ['five types, at last on demand', { spot: 'prefer', 'instance-type': SIX.replace(/,[^,]*$/, '') }],
    ['a list and a key on spot', { image: 'x', 'instance-type': 'ml.m5.large,ml.m5d.large', 'kms-key': 'alias/k' }],
    [
      'types with disks of their own and a key',
      { spot: 'false', 'instance-type': 'ml.g5.xlarge,ml.g6.xlarge', 'kms-key': 'alias/k' },
    ],
    ['a list on spot and a distribution', { ...TORCH, 'instance-type': 'ml.m5.large,ml.c5.xlarge' }],
    [
      'two platforms of an image in ECR',
      {
        image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1',
        'instance-type': 'ml.m5.large,ml.p6e-gb200.36xlarge',
      },
    ],
    ['making way for the next type', { 'instance-type': 'ml.m5.large,ml.c5.xlarge', 'capacity-wait-minutes': '5' }],
    ['making way for what is on demand', { spot: 'prefer', 'capacity-wait-minutes': '5' }],
    ['an image on any instance', { image: 'x', 'instance-type': 'ml.g5.xlarge' }],
    ['waiting longer', { 'max-run-minutes': '10', 'max-wait-minutes': '11' }],
    ['an image that runs by itself', { image: 'x', entrypoint: '', arguments: 'a b', hyperparameters: 'a=b' }],
    ['a Dockerfile that runs by itself', { dockerfile: 'FROM x', entrypoint: '' }],
    ['a Dockerfile on an image', { dockerfile: 'FROM __BASE_IMAGE__', image: 'python:3.12' }],
    ['a copy’s repository and tag', { image: 'python:3.12', 'ecr-repository': 'a/b', 'image-tag': 'v1' }],
    ['all of a build', { dockerfile: 'd', 'docker-context': '.', 'build-args': 'A=1', 'image-tag': 'v1' }],
    ['an image on arm64', { image: 'x', 'instance-type': 'ml.p6e-gb200.36xlarge' }],
    ['a Dockerfile, whatever AWS has in the region', { dockerfile: 'FROM x', 'aws-region': 'xx-nowhere-1' }],
    ["what AWS's toolkit leaves room for", { launcher: 'image', hyperparameters: many(95) }],
    ['all hyperparameters of a job', { hyperparameters: many(100) }],
    ['a long prefix', { prefix: 'x/'.repeat(380) }],
    ['an image of 255 characters', { image: `r.example/${'x'.repeat(245)}` }],
    ['no network', { 'network-isolation': 'true' }],
    ['a secret of another region', { secrets: `A=${SECRET}`, 'aws-region': 'us-east-1', environment: 'B=1' }],
    ['a framework with its version', { framework: 'sklearn', 'framework-version': '1.2-1' }],
  ])('%s is fine', (_what, given) => {
    expect(mistakesOf(given)).toEqual([]);
  });

  it('need a region, from the input or the environment', () => {
    const nowhere = { ...CONTEXT, region: '' };
    expect(mistakesOf({}, nowhere).map(({ input }) => input)).toEqual(['aws-region']);
    expect(mistakesOf({ image: 'x' }, nowhere).map(({ input }) => input)).toEqual(['aws-region']);
    expect(specOf({ 'aws-region': 'eu-west-1' }, nowhere).aws.region).toBe('eu-west-1');
    expect(specOf({ 'aws-region': 'eu-west-1' }).aws.region).toBe('eu-west-1');
  });

  it('are read without a throw, whatever they are', () => {
    const all = Object.fromEntries(INPUTS.map((name) => [name, '\u0000{["\\ \n=']));
    expect(() => readSpec(rawInputs(all), CONTEXT)).not.toThrow();
  });
});

describe('limits', () => {
  const map = (count: number): Map<string, string> =>
    new Map(Array.from({ length: count }, (_, at) => [`K${at}`, 'v']));
  it('of the environment', () => {
    const fine = new Map([...map(99), ['A'.repeat(512), 'x'.repeat(512)]] as [string, string][]);
    expect(checkEnvironment(fine)).toBe(fine);
    expect(() => checkEnvironment(map(101))).toThrow('there are 101 variables, and a job can have at most 100');
    expect(() => checkEnvironment(new Map([['A', 'x'.repeat(513)]]))).toThrow('more than 512 characters');
  });
  it('of tags, beside the own ones', () => {
    const fine = new Map([...map(41), ['k'.repeat(128), 'x'.repeat(256)]] as [string, string][]);
    expect(checkTags(fine)).toBe(fine);
    expect(() => checkTags(map(43))).toThrow('there are 43 tags of your own, and a job can have at most 42');
    expect(() => checkTags(new Map([['k', 'a\nb']]))).toThrow('the value of the tag "k" is not valid');
  });
  it.each([
    ['refs/heads/a_b', 'refs/heads/a_b'],
    ['a<b>#🚀"c', 'a_b____c'],
    ['x'.repeat(300), 'x'.repeat(256)],
    ['ü日本 1', 'ü日本 1'],
  ])('make %j a tag', (text, tag) => {
    expect(tagText(text)).toBe(tag);
    expect(() => checkTags(new Map([['k', tagText(text)]]))).not.toThrow();
  });
});
