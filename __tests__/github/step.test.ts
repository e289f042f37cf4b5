/** The step as GitHub sees it: what it reads from the environment, and what it prints, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INPUTS } from '../../src/task/inputs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a module's function prints, `body` being run with the module as `it`. */
function printed(module: string, body: string, environment: Record<string, string> = {}): string {
  const url = new URL(`../../src/github/${module}.ts`, import.meta.url);
  const code = `import * as it from ${JSON.stringify(url)}; ${body}`;
  return execFileSync(
    process.execPath,
    ['--no-warnings', '--experimental-strip-types', '--input-type=module', '-e', code],
    {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env['PATH'], ...environment },
    },
  );
}
const told = (module: string, expression: string, environment: Record<string, string> = {}): unknown =>
  JSON.parse(printed(module, `console.log(JSON.stringify(${expression}))`, environment));

describe("a worker's lines", () => {
  const HOSTILE = [
    '::error::x',
    '::add-mask::a',
    '::set-output name=a::b',
    '##[group]x',
    '::stop-commands::mine',
    '::mine::',
    '',
    '  ::warning::y',
    'ü\ttab',
  ];

  it('are printed while commands are off, by another token each time', () => {
    const lines = JSON.stringify(HOSTILE);
    const text = printed('log', `it.printForeign('', ${lines}); it.printForeign('[algo-2] ', ${lines});`);
    const found = text.split('\n');
    expect(found.pop()).toBe('');
    const half = found.length / 2;
    const tokens = [found.slice(0, half), found.slice(half)].map((part, at) => {
      const token = /^::stop-commands::([0-9a-f-]{36})$/.exec(part[0] ?? '')?.[1];
      expect(part.at(-1)).toBe(`::${token}::`);
      expect(part.slice(1, -1)).toEqual(HOSTILE.map((line) => (at === 0 ? line : `[algo-2] ${line}`)));
      return token;
    });
    expect(new Set(tokens).size).toBe(2);
    expect(tokens).not.toContain(undefined);
  });

  it('have another token in another process', () => {
    const token = (): string => printed('log', "it.printForeign('', ['a'])").split('\n')[0] ?? '';
    expect(token()).not.toBe(token());
  });

  it('may be none', () => {
    expect(printed('log', "it.printForeign('x', [])")).toMatch(/^::stop-commands::(.+)\n::\1::\n$/);
  });
});

describe('groups and secrets', () => {
  it('end a group also when its work failed', () => {
    const text = printed(
      'log',
      "await it.inGroup('T', async () => { it.info('in'); throw new Error('x'); }).catch((e) => it.info(e.message));",
    );
    expect(text).toBe('::group::T\nin\n::endgroup::\nx\n');
  });
  it('answer what the work answered', () => {
    expect(printed('log', "it.info(await it.inGroup('T', async () => 'done'));")).toBe(
      '::group::T\n::endgroup::\ndone\n',
    );
  });
  it('are registered one by one', () => {
    expect(printed('log', "it.maskSecrets(['a%', 'b'])")).toBe('::add-mask::a%25\n::add-mask::b\n');
  });
});

describe('the context', () => {
  const context = (environment: Record<string, string> = {}): unknown =>
    told('inputs', 'it.readContext()', environment);
  it('is that of the workflow run', () => {
    const environment = {
      ...{ GITHUB_REPOSITORY: 'o/r', GITHUB_REF: 'refs/heads/x', GITHUB_SHA: 'abc', GITHUB_RUN_ID: '7' },
      ...{ GITHUB_WORKSPACE: '/w s', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
    };
    expect(context(environment)).toEqual({
      repository: 'o/r',
      ref: 'refs/heads/x',
      sha: 'abc',
      runId: '7',
      region: 'eu-west-1',
      workspace: '/w s',
    });
  });
  it('may be empty', () => {
    expect(context()).toEqual({ repository: '', ref: '', sha: '', runId: '', region: '', workspace: folder });
  });
  it.each([
    [{ AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
  ])('has a region from %j', (environment, region) => {
    expect(context(environment as Record<string, string>)).toMatchObject({ region });
  });
  it.each<[string, unknown, number | undefined]>([
    ['a pull request', { number: 5, pull_request: { number: 12 } }, 12],
    ['a push', { ref: 'x' }, undefined],
    ['an issue', { issue: { number: 5, pull_request: { url: '' } } }, undefined],
    ['a broken number', { pull_request: { number: '12/../x' } }, undefined],
    ['no pull request', { pull_request: null }, undefined],
    ['nothing', null, undefined],
  ])("of %s's event", (_what, event, pullRequest) => {
    writeFileSync(join(folder, 'event.json'), JSON.stringify(event));
    const found = context({ GITHUB_EVENT_PATH: join(folder, 'event.json') }) as { pullRequest?: number };
    expect(found.pullRequest).toBe(pullRequest);
  });
});

describe('inputs', () => {
  it('are read by the names that the runner gives them, empty when left out', () => {
    const environment = {
      INPUT_TASK: ' train ',
      'INPUT_SOURCE-DIR': 'a b',
      INPUT_RUN: 'echo 1\necho 2\n',
      INPUT_OTHER: 'x',
    };
    const read = told('inputs', 'it.readInputs()', environment) as Record<string, string>;
    expect(Object.keys(read)).toEqual([...INPUTS]);
    expect(read).toMatchObject({ task: 'train', 'source-dir': 'a b', run: 'echo 1\necho 2', spot: '' });
  });
});

describe('outputs', () => {
  it('are set as they are; what is not known is not set', () => {
    writeFileSync(join(folder, 'output'), '');
    printed(
      'outputs',
      "it.setOutputs({ 'job-name': 'j', 'training-seconds': 0, 'billable-seconds': undefined, 'failure-reason': 'a\\nb::error::' })",
      {
        GITHUB_OUTPUT: join(folder, 'output'),
      },
    );
    const text = readFileSync(join(folder, 'output'), 'utf8');
    const values = [...text.matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]);
    expect(values).toEqual([
      ['job-name', 'j'],
      ['training-seconds', '0'],
      ['failure-reason', 'a\nb::error::'],
    ]);
  });
});

describe('what main leaves for post', () => {
  const save = (body: string): Record<string, string> => {
    const path = join(folder, 'state');
    writeFileSync(path, '');
    printed('state', body, { GITHUB_STATE: path });
    const saved = [...readFileSync(path, 'utf8').matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm)];
    return Object.fromEntries(saved.map(([, name, , value]) => [`STATE_${name}`, value ?? '']));
  };
  const left = (environment: Record<string, string>): unknown =>
    told('state', '[it.isPost(), it.unsettledJob() ?? null]', environment);
  const JOB = "it.saveJob({ job: 'j-1', region: 'eu-west-1' });";
  it.each<[string, string, unknown]>([
    ['nothing', '', [false, null]],
    ['that it began', 'it.markMain();', [true, null]],
    ['a job', `it.markMain(); ${JOB}`, [true, { job: 'j-1', region: 'eu-west-1' }]],
    ['a job that ended', `it.markMain(); ${JOB} it.saveSettled();`, [true, null]],
  ])('is %s', (_what, body, expected) => {
    expect(left(save(body))).toEqual(expected);
  });
});
