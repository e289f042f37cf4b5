/** What counts as the same job, and what a line says of what changed. */
import { describe, expect, it } from 'vitest';
import type { HashedFile } from '../../src/core/local-file.ts';
import { channelFact, contentsFact } from '../../src/data/facts.ts';
import { changes } from '../../src/history/changes.ts';
import { type Facts, fingerprintOf, parseFacts, taskFacts } from '../../src/history/fingerprint.ts';
import { type Given, specOf } from '../given.ts';

const file = (path: string, sha256 = 'a'.repeat(64), executable = false): HashedFile => ({
  ...{ path, sha256, executable, absolute: `/${path}`, size: 1, modified: 0 },
});
interface Found {
  readonly code: readonly HashedFile[];
  readonly image: string;
  /** channel → what identifies its data. */
  readonly channels: ReadonlyMap<string, string>;
  readonly request: Readonly<Record<string, string>>;
}
const FOUND: Found = { code: [file('w.py')], image: 'sha256:1', channels: new Map([['d', 'contents']]), request: {} };
const facts = (given: Given = {}, found: Partial<Found> = {}): Facts => {
  const { code, image, channels, request } = { ...FOUND, ...found };
  const spec = specOf(given);
  const uri = { bucket: 'bucket', key: '' };
  const inputs = spec.channels.map((channel): [string, string] => [
    channel.name,
    channelFact({ ...channel, files: undefined, uri, grant: uri, fact: channels.get(channel.name) }),
  ]);
  return taskFacts({
    code: spec.code,
    files: code,
    image,
    instanceCount: spec.resources.instanceCount,
    inputs,
    request,
  });
};
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db';
const BEFORE: Given = {
  hyperparameters: 'lr=0.1\nlayers=3',
  environment: 'MODE=fast',
  arguments: '--x',
  inputs: 'd=./data',
};
const before = facts(BEFORE);

describe('a fingerprint', () => {
  it.each<[string, Given, Partial<Found>, string]>([
    ['other code', {}, { code: [file('w.py', 'b'.repeat(64))] }, 'code: w.py'],
    ['code that may be executed now', {}, { code: [file('w.py', 'a'.repeat(64), true)] }, 'code: w.py'],
    ['more code', {}, { code: [file('w.py'), file('x.py')] }, 'code: x.py added'],
    ['code under another name', {}, { code: [file('v.py')] }, 'code: v.py added, w.py removed'],
    ['another entrypoint', { entrypoint: 'v.py' }, {}, 'start: entrypoint w.py → v.py'],
    ['shell lines', { entrypoint: '', run: 'w.py' }, {}, 'start: entrypoint removed, run added'],
    ['a hyperparameter', { hyperparameters: 'lr=0.01\nlayers=3' }, {}, 'hyperparameters: lr 0.1 → 0.01'],
    ['its sign', { hyperparameters: 'lr=-0.1\nlayers=3' }, {}, 'hyperparameters: lr 0.1 → -0.1'],
    ['a word for it', { hyperparameters: 'lr=auto\nlayers=3' }, {}, 'hyperparameters: lr 0.1 → auto'],
    ['another line', { hyperparameters: '{"lr": "a\\nb", "layers": "3"}' }, {}, 'hyperparameters: lr 0.1 → a\\nb'],
    ['its type', { hyperparameters: '{"lr": 0.1, "layers": "3"}' }, {}, 'hyperparameters: lr "0.1" → 0.1'],
    ['one more', { hyperparameters: 'lr=0.1\nlayers=3\nx=y' }, {}, 'hyperparameters: x added'],
    ['a flag', { hyperparameters: 'lr\nlayers=3' }, {}, 'hyperparameters: lr "0.1" → no value'],
    ['one less', { hyperparameters: 'lr=0.1' }, {}, 'hyperparameters: layers removed'],
    ['arguments', { arguments: '--y' }, {}, 'arguments: changed'],
    ['no arguments', { arguments: '' }, {}, 'arguments: changed'],
    ['the environment', { environment: 'MODE=slow' }, {}, 'environment: MODE'],
    ['a secret', { secrets: `A=${SECRET}` }, {}, 'secrets: A added'],
    ['a member of the request', {}, { request: { Environment: 'a'.repeat(64) } }, 'request: Environment added'],
    [
      'the distribution',
      { distribution: 'torchrun' },
      {},
      'distribution: action: none → action: torchrun a process a GPU',
    ],
    [
      'its processes',
      { distribution: '{"torchrun": {"processes": 2}}' },
      {},
      'distribution: action: none → action: torchrun 2',
    ],
    [
      'the launcher',
      { launcher: 'image', arguments: '' },
      {},
      'arguments: changed; distribution: action: none → image: none',
    ],
    ['more instances', { 'instance-count': '2' }, {}, 'instances: count 1 → 2'],
    ['the image', {}, { image: 'sha256:2' }, 'image: sha256:1 → sha256:2'],
    ['the data', {}, { channels: new Map([['d', 'other']]) }, 'inputs: d'],
    ['how it is shared', { inputs: 'd=./data ShardedByS3Key' }, {}, 'inputs: d'],
    ['how it is read', { inputs: 'd=./data FastFile' }, {}, 'inputs: d'],
    ['the channel', { inputs: 'e=./data' }, { channels: new Map([['e', 'contents']]) }, 'inputs: d removed, e added'],
  ])('is another for %s', (_what, given, found, line) => {
    const now = facts({ ...BEFORE, ...given }, found);
    expect(fingerprintOf(now)).not.toBe(fingerprintOf(before));
    expect(changes(before, now)).toBe(line);
  });

  it.each<[string, Given]>([
    ['instance type', { 'instance-type': 'ml.c5.xlarge' }],
    ['spot', { spot: 'false' }],
    ['limits', { 'max-run-minutes': '5' }],
    ['disk', { 'volume-size': '99' }],
    ['tags', { tags: 'a=b' }],
    ['prefix', { prefix: 'pr-9' }],
    ['what is fetched', { download: 'none', 'upload-artifacts': 'none', summary: 'false' }],
    ['role and network', { 'execution-role': 'r', subnets: 'subnet-1', 'security-group-ids': 'sg-1' }],
    ['encryption', { 'kms-key': 'alias/x', 'encrypt-inter-container-traffic': 'true' }],
    ['metrics', { metrics: 'a=(b)' }],
    ['order of lines', { hyperparameters: 'layers=3\nlr=0.1' }],
    ['the name of the local folder', { inputs: 'd=./elsewhere' }],
  ])('is the same for another %s', (_what, given) => {
    const now = facts({ ...BEFORE, ...given });
    expect(fingerprintOf(now)).toBe(fingerprintOf(before));
    expect(changes(before, now)).toBe('');
  });

  it('does not mix up what is near', () => {
    const of = (given: Given, found?: Partial<Found>): string => fingerprintOf(facts(given, found));
    const prints = [
      of({ hyperparameters: 'a=b' }),
      of({ environment: 'a=b' }),
      of({ arguments: 'a=b' }),
      of({ arguments: 'a b' }),
      of({ arguments: "'a b'" }),
      of({ hyperparameters: '{"a": null}' }),
      of({ hyperparameters: 'a=null' }),
      of({ hyperparameters: '{"a": {"b": 1}}' }),
      of({ hyperparameters: '{"a": "{\\"b\\":1}"}' }),
      of({ hyperparameters: '{"a": 1}' }),
      of({ hyperparameters: 'a=1' }),
      of({ hyperparameters: '{"a": 1.0}' }),
      of({ hyperparameters: '{"a": true}' }),
      of({ hyperparameters: 'a=true' }),
      of({ hyperparameters: 'a=-1' }),
      of({ hyperparameters: '{"a": -1}' }),
      of({ hyperparameters: '{"a": "\\"1\\""}' }),
      of({ hyperparameters: 'a' }),
      of({ hyperparameters: 'a=' }),
      of({ hyperparameters: 'a=json flag' }),
      of({ hyperparameters: 'a=json true' }),
      of({ hyperparameters: '{"a": "\\"json true\\""}' }),
      of({}, { code: [file('__proto__')] }),
      of({}, { code: [] }),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('what may be secret', () => {
  it('is in no fact and in no line', () => {
    const hidden = {
      environment: 'TOKEN=hunter2\nMODE=hunter2',
      arguments: '--password hunter2',
      hyperparameters: 'api_key=hunter2',
      run: 'echo hunter2',
      entrypoint: '',
    };
    const [old, now] = [
      facts(hidden),
      facts({ ...BEFORE, environment: 'TOKEN=hunter3', hyperparameters: 'api_key=x' }),
    ];
    expect(JSON.stringify(old)).not.toContain('hunter2');
    expect(changes(old, now)).not.toMatch(/hunter/);
    expect(changes(now, old)).not.toMatch(/hunter/);
    expect(changes(old, now)).toContain('hyperparameters: api_key;');
  });

  it.each([
    'api-key=hunter2',
    'private-key=hunter2',
    'pwd=hunter2',
    'db-pass=hunter2',
    'passphrase=hunter2',
    'auth=hunter2',
    'bearer=hunter2',
    'dsn=hunter2',
    'dbPassword=hunter2',
    'userAuth=hunter2',
    'db={"password":"hunter2"}',
    'db=postgres://me:hunter2@host/db',
    'extra=--token hunter2',
    '{"db": {"password": "hunter2"}}',
    '{"dbs": [{"a": {"api-key": "hunter2"}}]}',
    '{"a": {"apiKey": "hunter2"}}',
  ])('is not told of the hyperparameters %s', (hyperparameters) => {
    const [old, now] = [facts({ hyperparameters }), facts({ hyperparameters: hyperparameters.replace('2', '3') })];
    expect(JSON.stringify(old)).not.toContain('hunter2');
    expect(changes(old, now)).toMatch(/^hyperparameters: \w[\w-]*$/);
  });

  it('is not told of options for MPI', () => {
    const sdk = (token: string): Facts =>
      facts({ launcher: 'image', distribution: `{"mpi": {"custom_mpi_options": "-x TOKEN=${token}"}}` });
    expect(JSON.stringify(sdk('hunter2'))).not.toContain('hunter2');
    expect(fingerprintOf(sdk('hunter2'))).not.toBe(fingerprintOf(sdk('hunter3')));
  });

  it.each(['lr=0.1', 'optimizer=adam', 'bypass=yes', 'author=me', 'passes=3', 'tokenizer=bpe', 'power=2', 'compass=1'])(
    'is not %s',
    (hyperparameters) => {
      const now = facts({ hyperparameters: hyperparameters.replace(/=.*/, '=x') });
      expect(changes(facts({ hyperparameters }), now)).toMatch(/ → x$/);
    },
  );
});

describe('a line of changes', () => {
  it('counts what is too much to tell', () => {
    const code = Array.from({ length: 9 }, (_, at) => file(`f${at}`));
    expect(changes(before, facts(BEFORE, { code: [...FOUND.code, ...code] }))).toBe(
      'code: f0 added, f1 added, f2 added, f3 added, f4 added, 4 more',
    );
  });
  it('leaves out values that are long', () => {
    const long = facts({ ...BEFORE, hyperparameters: `lr=${'x'.repeat(61)}\nlayers=3` });
    expect(changes(before, long)).toBe('hyperparameters: lr');
  });
});

describe('facts', () => {
  it('come back from their text, and anything else is none', () => {
    const odd = facts({ hyperparameters: 'constructor=x\n10=a\n9=b' }, { code: [file('__proto__')] });
    const back = parseFacts(JSON.parse(JSON.stringify(odd)));
    expect(back && fingerprintOf(back)).toBe(fingerprintOf(odd));
    expect(back && changes(odd, back)).toBe('');
    const text = JSON.stringify(odd);
    for (const broken of ['null', '[]', '1', '"x"', '{}', text.replace('"code":{', '"code":[{').replace('}', '}]')]) {
      expect(parseFacts(JSON.parse(broken)), broken).toBeUndefined();
    }
    expect(parseFacts(JSON.parse(text.replace(/"constructor":"[^"]*"/, '"constructor":7')))).toBeUndefined();
  });
});

describe('an earlier version', () => {
  it('whose records have no secrets is not another for that', () => {
    const { secrets, ...old } = JSON.parse(JSON.stringify(before)) as Record<string, object>;
    expect(secrets).toEqual({});
    const back = parseFacts(old);
    expect(back && fingerprintOf(back)).toBe(fingerprintOf(before));
    expect(back && changes(back, facts({ ...BEFORE, secrets: `A=${SECRET}` }))).toBe('secrets: A added');
  });
  it.each([`${SECRET}-a1B2c3`, `${SECRET}:user`, `${SECRET}::AWSPREVIOUS:`, SECRET.replace('eu-', 'us-')])(
    'is another for the secret %s, and does not say where it is',
    (arn) => {
      const [old, now] = [SECRET, arn].map((each) => facts({ secrets: `A=${each}` }));
      expect(old && now && changes(old, now)).toBe('secrets: A');
      expect(JSON.stringify(now)).not.toContain('secretsmanager');
    },
  );
});

describe("a folder's contents", () => {
  it('are the same in any order and at any time, and others for any change', () => {
    const one = contentsFact([file('a'), file('b')]);
    expect(contentsFact([{ ...file('b'), modified: 9 }, file('a')])).toBe(one);
    const others = [[file('a')], [file('a'), file('c')], [file('a'), file('b', 'c'.repeat(64))], []];
    for (const other of others) expect(contentsFact(other)).not.toBe(one);
  });
});
