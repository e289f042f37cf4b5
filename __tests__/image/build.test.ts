import { describe, expect, it } from 'vitest';
import { BuildError, failedAt, isTransientFailure, lastLines, remedyOf } from '../../src/docker/failure.ts';
import { type BuildFacts, imageHash } from '../../src/image/content-hash.ts';

const file = (path: string, sha256: string, executable = false) => ({
  path,
  absolute: `/somewhere/${path}`,
  size: 1,
  modified: Math.random(),
  executable,
  sha256,
});
const FACTS: BuildFacts = {
  dockerfile: 'FROM a',
  files: [file('a', '1'), file('b', '2')],
  linksAndFolders: new Map([['link', 'target']]),
  buildArgs: new Map([['A', '1']]),
  bases: new Map([['a', 'sha256:1']]),
  platform: 'linux/amd64',
};

describe('the hash', () => {
  it('is the same wherever and whenever the files lie', () => {
    expect(imageHash({ ...FACTS, files: [file('a', '1'), file('b', '2')] })).toBe(imageHash(FACTS));
    expect(imageHash(FACTS)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<BuildFacts>]>([
    ['the Dockerfile', { dockerfile: 'FROM a\n' }],
    ['a content', { files: [file('a', '1'), file('b', '3')] }],
    ['a name', { files: [file('a', '1'), file('c', '2')] }],
    ['an exec bit', { files: [file('a', '1'), file('b', '2', true)] }],
    ['a link', { linksAndFolders: new Map([['link', 'other']]) }],
    ['a folder', { linksAndFolders: new Map([...FACTS.linksAndFolders, ['empty', '/']]) }],
    ['an argument', { buildArgs: new Map([['A', '2']]) }],
    ['the base image', { bases: new Map([['a', 'sha256:2']]) }],
    ['the base image’s digest that could not be found', { bases: new Map([['a', undefined]]) }],
    ['the platform', { platform: 'linux/arm64' }],
  ])('is another when %s is', (_, changed) => {
    expect(imageHash({ ...FACTS, ...changed })).not.toBe(imageHash(FACTS));
  });
});

/** As printed by the engines named. */
const BUILDKIT = [
  '#6 [3/3] RUN pip install nothing-of-that-name',
  '#6 0.5 ERROR: No matching distribution found',
  '------',
  ' > [3/3] RUN pip install nothing-of-that-name:',
  '0.5 ERROR: No matching distribution found',
  '------',
  'Dockerfile:3',
  '--------------------',
  '   1 |     FROM base',
  '   2 |     ',
  '   3 | >>> RUN pip install \\',
  '   4 | >>>   nothing-of-that-name',
  '   5 |     ',
  '--------------------',
  'ERROR: failed to solve: process "/bin/sh -c pip install" did not complete successfully: exit code: 1',
];
const BUILDKIT_20_10 = [
  '#6 [3/3] RUN false',
  '#6 ERROR: executor failed running [/bin/sh -c false]: exit code: 1',
  '------',
  ' > [3/3] RUN false:',
  '------',
  'ERROR: failed to build: failed to solve: executor failed running [/bin/sh -c false]: exit code: 1',
];
const CLASSIC = [
  'Step 1/3 : FROM base',
  ' ---> 694db487c5e5',
  'Step 2/3 : RUN false',
  ' ---> Running in 96600760ec3d',
  "The command '/bin/sh -c false' returned a non-zero code: 1",
];

describe('the place of a failure', () => {
  it.each([
    ['BuildKit', BUILDKIT, { kind: 'lines', first: 3, last: 4 }],
    ['BuildKit of 20.10', BUILDKIT_20_10, { kind: 'instruction', text: 'RUN false' }],
    ['BuildKit, a named stage', [' > [train 2/4] COPY a /b:'], { kind: 'instruction', text: 'COPY a /b' }],
    [
      'BuildKit, a parse error',
      ['Dockerfile:7', 'ERROR: unknown instruction: RUNN'],
      { kind: 'lines', first: 7, last: 7 },
    ],
    ['the classic builder', CLASSIC, { kind: 'step', number: 2 }],
    [
      'a Dockerfile that cannot be parsed',
      ['failed to create LLB definition: dockerfile parse error line 3: unknown instruction: RUNN'],
      { kind: 'lines', first: 3, last: 3 },
    ],
    [
      'the same, by the classic builder',
      ['Error response from daemon: dockerfile parse error line 2: unknown instruction: RUNN'],
      { kind: 'lines', first: 2, last: 2 },
    ],
    ['neither', ['Cannot connect'], undefined],
    ['a base that is not there', [' > [internal] load metadata for docker.io/library/x:1:'], undefined],
  ])('is read from what %s prints', (_, lines, at) => {
    expect(failedAt(lines)).toEqual(at);
  });
});

describe('a failure', () => {
  it.each([
    ['exec /bin/sh: exec format error', /setup-qemu-action/],
    ['no match for platform in manifest: not found', /another processor/],
    ['write /var/lib/docker/tmp/x: no space left on device', /disk .* is full/],
    [
      "tag invalid: The image tag 'v1' already exists in the 'r' repository and cannot be overwritten because the tag is immutable.",
      /immutable/,
    ],
    [
      'denied: User: arn:aws:iam::1:user/x is not authorized to perform: ecr:InitiateLayerUpload on resource: r',
      /docs\/aws.md/,
    ],
    ['denied: Your authorization token has expired. Reauthenticate and try again.', /12 hours/],
    ['toomanyrequests: You have reached your pull rate limit.', /Docker Hub limits .* Log in/],
    ['pull access denied for nothing, repository does not exist or may require docker login', /base image/],
    [
      'COPY failed: file not found in build context or excluded by .dockerignore: stat a: file does not exist',
      /docker-context/,
    ],
    ['dial tcp: lookup registry: i/o timeout', /network/],
    ['failed commit on ref "x": unexpected status: 403 Forbidden', /docs\/aws.md/],
    ['denied: requested access to the resource is denied', /docker\/login-action/],
    ['toomanyrequests: Rate exceeded', /ECR received too many requests/],
    ['docker.io/library/pyhton:3: not found', /base image/],
    ['something else', /otherwise/],
  ])('%j has its remedy', (line, remedy) => {
    expect(remedyOf(['before', line, 'after'], 'otherwise')).toMatch(remedy);
  });

  it.each(['HTTP error 403 Forbidden while getting https://pypi', 'no such host', 'rate limit of a hub'])(
    'of a command that printed %j is not taken for one of a registry',
    (line) => {
      const lines = [line, 'executor failed running [/bin/sh -c pip install x]: exit code: 1'];
      expect(remedyOf(lines, 'otherwise')).toBe('otherwise');
    },
  );

  it('of a command can be the disk’s all the same', () => {
    const lines = [
      'OSError: [Errno 28] No space left on device',
      'process "/bin/sh -c x" did not complete successfully',
    ];
    expect(remedyOf(lines, 'otherwise')).toMatch(/disk/);
  });

  it.each([
    ['error parsing HTTP 429 response body', true],
    ['toomanyrequests: Rate exceeded', true],
    ['received unexpected HTTP status: 500 Internal Server Error', true],
    ['write tcp: connection reset by peer', true],
    ['net/http: TLS handshake timeout', true],
    ['denied: User is not authorized to perform: ecr:PutImage', false],
    ['tag invalid: the tag is immutable', false],
  ])('%j may pass: %s', (line, passes) => {
    expect(isTransientFailure(['The push refers to repository', line])).toBe(passes);
  });

  it('shows its last lines, without progress', () => {
    const noise = ['#5 sha256:1 10MB / 20MB', '#5 DONE 0.1s', '', '------'];
    const many = Array.from({ length: 30 }, (_, at) => `line ${at}`);
    expect(lastLines([...many, ...noise])).toEqual(many.slice(10));
    expect(new BuildError('It failed', ['denied: x']).message).toBe('It failed:\ndenied: x');
  });
});
