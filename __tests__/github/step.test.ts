/** The step as GitHub sees it: what it reads from the environment, and what it prints, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INPUTS } from '../../src/config/inputs.ts';

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
  ).replaceAll('\r\n', '\n');
}
const told = (module: string, expression: string, environment: Record<string, string> = {}): unknown =>
  JSON.parse(printed(module, `console.log(JSON.stringify(${expression}))`, environment));

describe('a secret in a page', () => {
  it('is hidden as it is, and with its characters escaped', () => {
    const url = new URL('../../src/core/markdown.ts', import.meta.url);
    const body = `import { escapeText } from ${JSON.stringify(url)}; it.maskSecrets(['ghs_abc*def']);
      console.log(JSON.stringify([it.redact('a ghs_abc*def b'), it.redact(escapeText('a ghs_abc*def b'))]))`;
    expect(printed('log', body).split('\n').at(-2)).toBe('["a *** b","a *** b"]');
  });
});

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
      // A group's begin must not be at the begin of a line: the page of the log would make a group of it.
      expect(part.slice(1, -1)).toEqual(
        HOSTILE.map((line) => (at === 1 ? `[algo-2] ${line}` : line === '##[group]x' ? ` ${line}` : line)),
      );
      return token;
    });
    expect(new Set(tokens).size).toBe(2);
    expect(tokens).not.toContain(undefined);
  });

  it('have another token in another process', () => {
    const token = (): string => printed('log', "it.printForeign('', ['::a'])").split('\n')[0] ?? '';
    expect(token()).not.toBe(token());
  });

  it('may be none', () => {
    expect(printed('log', "it.printForeign('x', [])")).toBe('');
  });

  it('without anything like a command are printed alone: the runner would show the commands around them', () => {
    expect(printed('log', "it.printForeign('', ['a::b', '#[x]', ''])")).toBe('a::b\n#[x]\n\n');
    expect(printed('log', "it.printForeign('[algo-2] ', ['::error::a'])")).toBe('[algo-2] ::error::a\n');
  });

  it.each(['##[group]x', '##[endgroup]', '[group]x', '[endgroup]'])('begin no group on the page: %s', (line) => {
    expect(printed('log', `it.printForeign('', ['${line}'])`)).toMatch(/^ .*group\]/m);
  });
});

describe('a message', () => {
  const OBEYED = /^\s*::(?!(?:error|warning|notice|group|endgroup|add-mask|stop-commands)\b)|##\[/;
  /** The lines that the runner looks at for commands: not those while commands are off. */
  const live = (text: string): string[] => {
    let token: string | undefined;
    return text.split('\n').filter((line) => {
      if (token !== undefined) {
        if (line === `::${token}::`) token = undefined;
        return false;
      }
      token = /^::stop-commands::(.+)$/.exec(line)?.[1];
      return token === undefined;
    });
  };

  it.each([
    'a file x\n::save-state name=main::no added',
    'a file x\r::set-output name=a::b',
    'a file x\u2028::set-env name=A::b',
    'a file x\u0085::set-env name=A::b',
    'a file x\n\u0085::save-state name=main::b',
    '::error::of a record',
    '  \u00a0::warning::indented',
    'a reason with ##[set-output name=a;]b in it',
    'one\n\n::add-mask::a\n::stop-commands::x\ntwo',
  ])('that quotes %j gives the runner no command', (text) => {
    const shown = printed('log', `it.info(${JSON.stringify(text)})`);
    expect(live(shown).filter((line) => /^[\s\u0085]*::|##\[/.test(line))).toEqual([]);
    expect(shown).toContain(text.split(/[\n\r\u2028\u0085]/)[0]);
  });

  it.each(['notice', 'warning', 'setFailed', 'inGroup'])('by %s is one command, whatever it holds', (name) => {
    const text = 'a\n::set-output name=a::b\r##[error]c';
    const call = name === 'inGroup' ? 'await it.inGroup(text, async () => {})' : `it.${name}(text)`;
    const shown = live(printed('log', `const text = ${JSON.stringify(text)}; ${call}; process.exitCode = 0;`));
    expect(shown.filter((line) => OBEYED.test(line) && !line.startsWith('::'))).toEqual([]);
    expect(shown.filter((line) => line.includes('set-output'))).toHaveLength(1);
  });

  it('is plain where it holds nothing like a command', () => {
    expect(printed('log', "it.info('a: b, c::d and #1\\n\\ttwo')")).toBe('a: b, c::d and #1\n\ttwo\n');
  });

  it('is printed once, however often it is said', () => {
    expect(printed('log', "const say = it.infoOnce(); for (const text of ['a', 'b', 'a']) say(text)")).toBe('a\nb\n');
    expect(printed('log', "for (const text of ['a', 'b', 'a']) it.warning(text)")).toBe('::warning::a\n::warning::b\n');
  });

  it('has no control characters but the tab and the colours of a terminal', () => {
    const text = 'a\u0000\u0007\u0008\u009bb\u001b[31mred\u001b[0m\tc\u007f';
    expect(printed('log', `it.info(${JSON.stringify(text)})`)).toBe('ab\u001b[31mred\u001b[0m\tc\n');
  });

  it.each([
    "it.info('a hushhush b')",
    "it.notice('hushhush')",
    "it.warning('hushhush')",
    "it.setFailed('hushhush'); process.exitCode = 0",
    "it.printForeign('x', ['hushhush'])",
    "it.printForeign('x', ['hush\\u0000hush'])",
    "it.info('hush\\u0007hush')",
    "it.info('hush\\u001b[31mhush')",
    "it.printForeign('', ['\\u001b[1mhushhush\\u001b[0m hus\\u001b[1;31mh\\u001b[0mhush'])",
    "await it.inGroup('hushhush', async () => {})",
    "it.annotateLines('f', { first: 1, last: 1 }, 't', 'hushhush')",
    "it.info(it.redact('hushhush'))",
  ])('shows no secret: %s', (call) => {
    const shown = printed('log', `it.maskSecrets(['hushhush']); ${call}`);
    expect(shown.split('\n')[0]).toBe('::add-mask::hushhush');
    expect(shown.split('\n').slice(1).join('\n')).not.toContain('hushhush');
    expect(shown).toContain('***');
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
    told('run-context', 'it.readContext()', environment);
  it('is that of the workflow run', () => {
    const environment = {
      ...{ GITHUB_REPOSITORY: 'o/r', GITHUB_REF: 'refs/heads/x', GITHUB_SHA: 'abc', GITHUB_RUN_ID: '7' },
      ...{ GITHUB_RUN_ATTEMPT: '2', GITHUB_EVENT_NAME: 'push' },
      ...{
        RUNNER_ENVIRONMENT: 'github-hosted',
        GITHUB_ACTION_REPOSITORY: 'org/train',
        GITHUB_ACTION_REF: 'v2',
        GITHUB_SERVER_URL: 'https://github.com',
      },
      ...{ GITHUB_WORKSPACE: '/w s', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
    };
    expect(context(environment)).toEqual({
      repository: 'o/r',
      ref: 'refs/heads/x',
      sha: 'abc',
      runId: '7',
      attempt: 2,
      event: 'push',
      isHosted: true,
      url: 'https://github.com/o/r/actions/runs/7',
      action: 'org/train@v2',
      region: 'eu-west-1',
      workspace: '/w s',
    });
  });
  it('may be empty', () => {
    expect(context()).toEqual({
      repository: '',
      ref: '',
      sha: '',
      runId: '',
      attempt: 0,
      event: '',
      isHosted: false,
      action: 'org/simple-sagemaker-action@v1',
      region: '',
      workspace: folder,
    });
  });
  it.each([
    [{ AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
  ])('has a region from %j', (environment, region) => {
    expect(context(environment as Record<string, string>)).toMatchObject({ region });
  });
  it.each([{ pull_request: { number: 12 } }, null, [], 'text'])('has the event as it is: %j', (event) => {
    writeFileSync(join(folder, 'event.json'), JSON.stringify(event));
    expect(context({ GITHUB_EVENT_PATH: join(folder, 'event.json') })).toMatchObject({ payload: event });
  });
  it('knows when the workflow job started', () => {
    const path = join(folder, 'event.json');
    writeFileSync(path, '{}');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(context({ GITHUB_EVENT_PATH: path })).toMatchObject({ jobStart: '2023-11-14T22:13:20.000Z' });
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
    const read = told('inputs', `it.readInputs(${JSON.stringify(INPUTS)})`, environment) as Record<string, string>;
    expect(Object.keys(read)).toEqual([...INPUTS]);
    expect(read).toMatchObject({ task: 'train', 'source-dir': 'a b', run: 'echo 1\necho 2', spot: '' });
  });
});

describe('outputs', () => {
  it('are set as they are; what is not known is not set', () => {
    writeFileSync(join(folder, 'output'), '');
    printed(
      '../report/outputs',
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
    told('saved-state', '[it.isPost(), it.unsettledState() ?? null]', environment);
  const JOB = "it.saveJob({ job: 'j-1', region: 'eu-west-1', detach: true });";
  const place = { region: 'eu-west-1', bucket: 'b', account: '1', key: 'k', uploads: 'u/' };
  const LEASE = JSON.stringify({ ...place, token: 't', taken: true });
  it.each<[string, string, unknown]>([
    ['nothing', '', [false, null]],
    ['that it began', 'it.markMain();', [true, null]],
    ['a job', `it.markMain(); ${JOB}`, [true, { job: { job: 'j-1', region: 'eu-west-1', detach: true } }]],
    ['a lease', `it.markMain(); it.saveLease(${LEASE});`, [true, { lease: JSON.parse(LEASE) }]],
    [
      'a lease and a job',
      `it.saveLease(${LEASE}); ${JOB}`,
      [false, { job: { job: 'j-1', region: 'eu-west-1', detach: true }, lease: JSON.parse(LEASE) }],
    ],
    ['a lease that is free', `it.markMain(); it.saveLease(${LEASE}); it.saveLease(undefined);`, [true, null]],
    ['a job that ended', `it.markMain(); ${JOB} it.saveSettled();`, [true, null]],
  ])('is %s', (_what, body, expected) => {
    expect(left(save(body))).toEqual(expected);
  });
});
