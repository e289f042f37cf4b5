/**
 * What a worker writes is only text: hostile texts in each place that somebody else writes to, and what the bundle makes of
 * them, as the runner reads it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStep } from '../../scripts/step.mjs';
import { ASPECTS } from '../../src/history/fingerprint.ts';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { StandIn } from '../action/stand-in.ts';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { type Command, namesIn, obeyed } from './runner-model.ts';
import { Tally } from './tally.ts';

const tally = new Tally('What a worker writes is only text');

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
  // It creates the bucket.
  await step(task('first'));
});
afterAll(() => aws.stop());

const BREAKS = ['\n', '\r', '\r\n', '\u2028', '\u2029', '\u0085', '\n\u0085', '\n\u00a0 ', '\n\v', '\n\f', '\n\0', ' '];
const COMMANDS = [
  ...['::set-output name=job-name::', '::save-state name=main::', '::set-env name=A::', '::add-path::', '::add-mask::'],
  ...[
    '::add-matcher::',
    '::error::',
    '::group::',
    '::echo::',
    '::stop-commands::',
    '##[add-mask]',
    '##[set-output name=a]',
  ],
];
const MARKUP = [
  ...[
    '<img src=%>',
    '</pre></td></table><script>%</script>',
    '[x](https://%)',
    '![%](x)',
    '\n\n# %',
    '`%`',
    '\n\n| % |',
  ],
  ...['\n```\n%', '\n<details open>%', '<!-- %', '**%**'],
];

/** A hostile text, known again by its mark. */
interface Hostile {
  readonly mark: string;
  readonly text: string;
}

const COMMAND_TEXTS: readonly Hostile[] = BREAKS.flatMap((line, row) =>
  COMMANDS.map((command, column) => {
    const mark = `PWNED-${row}-${column}`;
    return { mark, text: `${line}${command}${mark}` };
  }),
);
const MARKUP_TEXTS: readonly Hostile[] = MARKUP.map((text, at) => {
  const mark = `PWNED-m-${at}`;
  return { mark, text: text.replace('%', mark) };
});
const ALL = [...COMMAND_TEXTS, ...MARKUP_TEXTS];
/** For places that take a few hundred characters: each kind of line break, each way to give a command. */
const FEW = [0, 1, 6, 7].flatMap((row) => [COMMAND_TEXTS[row * COMMANDS.length + (row % 2)] ?? []].flat());
const SHORT = [...FEW, ...COMMAND_TEXTS.slice(-2), ...MARKUP_TEXTS.slice(0, 2)];
const joined = (texts: readonly Hostile[]): string => texts.map(({ text }) => text).join('');
/** A Python literal, with no character above ASCII in it. */
const python = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

interface Done {
  readonly streams: readonly string[];
  readonly output: string;
  readonly state: string;
  readonly env: string;
  readonly path: string;
  readonly summary: string;
}

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the step when it has printed this. */
  readonly until?: string;
}

/** The bundle as a step; all that it printed and left, as it is. */
async function step(inputs: Record<string, string>, { files = {}, env = {}, until }: Given = {}): Promise<Done> {
  const workspace = aws.workspace({ 'w.py': '', ...files });
  const streams = ['', ''];
  const {
    child,
    files: left,
    done,
  } = startStep({
    bundle: join(import.meta.dirname, '..', '..', 'dist', 'index.js'),
    folder: join(aws.folder, 'steps'),
    inputs: { entrypoint: 'w.py', ...inputs },
    env: { ...aws.environment(workspace), ...env },
    onOutput: (text: string) => {
      streams[0] += text;
      if (until !== undefined && streams[0]?.includes(until)) child.kill('SIGINT');
    },
    onError: (text: string) => {
      streams[1] += text;
    },
  });
  await done;
  const read = (name: string): string => readFileSync(left[name] ?? '', 'utf8');
  return {
    ...{ streams, output: read('GITHUB_OUTPUT'), state: read('GITHUB_STATE'), env: read('GITHUB_ENV') },
    ...{ path: read('GITHUB_PATH'), summary: read('GITHUB_STEP_SUMMARY') },
  };
}

/** Commands that the action gives itself: what they say may quote anything, after a word of its own. */
const SAYING = ['error', 'warning', 'notice', 'group', 'debug'];
/** What main saves for post: src/github/state.ts. */
const OWN_STATE = ['main', 'job', 'region', 'detach', 'settled', 'lease'];

/** What the runner makes of a step: the commands that it obeys, and what the step sets besides what is its own. */
interface Reading {
  readonly commands: readonly Command[];
  readonly sets: boolean;
  readonly summary: string;
}

function read({ streams, output, state, env, path, summary }: Done): Reading {
  const names = namesIn(output).filter((name) => !OUTPUTS.some((own) => own === name));
  names.push(...namesIn(state).filter((name) => !OWN_STATE.includes(name)));
  return { commands: streams.flatMap(obeyed), sets: names.length > 0 || env !== '' || path !== '', summary };
}

/** Whether the text has become more than text. */
function isObeyed({ commands, sets, summary }: Reading, { mark, text }: Hostile): boolean {
  const isCommand = commands.some(({ name, properties, data }) => {
    const holds = `${properties} ${data}`.includes(mark);
    // The error that an annotation is about, and a file's own name. A comma or a colon in them would part them.
    const others = properties.split(',').filter((property) => !/^(?:title|file)=[^:]*$/.test(property));
    return holds && !(SAYING.includes(name) && !others.join().includes(mark) && !data.trimStart().startsWith(mark));
  });
  return isCommand || sets || summary.includes(text.trim());
}

/** One run for all the texts of a source. `silent`: that nothing of it is shown is as good. */
function source(
  what: string,
  texts: readonly Hostile[],
  run: () => Promise<Done | readonly Done[]>,
  silent = false,
): void {
  const readAll = async (): Promise<readonly Reading[]> => {
    const all = [await run()].flat();
    if (!silent && !JSON.stringify(all).includes('PWNED')) throw new Error('the texts did not come as far as the step');
    return all.map(read);
  };
  let ran: Promise<readonly Reading[]> | undefined;
  tally.attack(what, texts, async (hostile) => {
    ran ??= readAll();
    return (await ran).some((reading) => isObeyed(reading, hostile));
  });
}

const NAMES = ALL.filter(({ text }) => !text.includes('/') && !text.includes('\0'));
const task = (name: string, more: Record<string, string> = {}): Record<string, string> => ({ task: name, ...more });
const put = (Key: string, Body: string): Promise<unknown> =>
  aws.s3().send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body }));
const text = async (Key: string): Promise<string> => {
  const { Body } = await aws.s3().send(new GetObjectCommand({ Bucket: aws.bucket, Key }));
  return (await Body?.transformToString()) ?? '';
};
const records = async (name: string): Promise<string[]> =>
  (await aws.keys(`project/${name}/`)).filter((key) => key.endsWith('/record.json'));

source('log lines', ALL, () =>
  step(task('lines'), {
    files: { 'w.py': `import sys\nsys.stdout.buffer.write(${python(joined(ALL))}.encode())\nprint()\n` },
  }),
);

/** What a terminal takes away before a command. `#015` is how SageMaker's agent writes a carriage return. */
const TAKEN_AWAY = [
  'x\b',
  '1%\r',
  '1%#015',
  'x\u001b[D',
  'x\u001b[2K\r',
  '\u001b[2K',
  '\u001b]0;x\u0007',
  '\u009b2K',
  '\u001b7',
];
const BEHIND_CONTROLS: readonly Hostile[] = TAKEN_AWAY.flatMap((controls, row) =>
  COMMANDS.map((command, column) => {
    const mark = `PWNED-c-${row}-${column}-`;
    return { mark, text: `\n${controls}${command}${mark}` };
  }),
);
source('log lines with control characters', BEHIND_CONTROLS, () =>
  step(task('controls'), {
    files: { 'w.py': `import sys\nsys.stdout.buffer.write(${python(joined(BEHIND_CONTROLS))}.encode())\nprint()\n` },
  }),
);

source('metric names', ALL, () => {
  const lines = ALL.map(({ text }) => `print(json.dumps({${python(text)}: 1.5}))`);
  return step(task('metrics'), { files: { 'w.py': ['import json', ...lines].join('\n') } });
});

source('an error', ALL, () => {
  const lines = ALL.flatMap(({ text }) => [
    `  File "${text}", line 1, in ${text}`,
    `  File "/opt/ml/code/w.py", line 1, in ${text}`,
    `    ${text}`,
  ]);
  const traceback = ['Traceback (most recent call last):', ...lines, `ValueError: ${joined(ALL)}`].join('\n');
  const printed = `sys.stdout.buffer.write(${python(traceback)}.encode())\nsys.exit(1)\n`;
  return step(task('error'), { files: { 'w.py': `import sys\n${printed}` } });
});

source('the path of an error', NAMES, async () => {
  const done: Done[] = [];
  const chosen = NAMES.filter(({ text }) => !/["\n\r\u2028\u2029\u0085\v\f]/.test(text));
  const files = Object.fromEntries(chosen.map(({ text }) => [`src/x${text}.py`, '']));
  for (const { text } of chosen.slice(0, 6)) {
    const traceback = `Traceback (most recent call last):\n  File "/opt/ml/code/x${text}.py", line 1, in f\nValueError: ${text}\n`;
    const worker = `import sys\nsys.stdout.buffer.write(${python(traceback)}.encode())\nsys.exit(1)\n`;
    done.push(
      await step(task('path', { 'source-dir': 'src', 'skip-if': 'never' }), {
        files: { ...files, 'src/w.py': worker },
      }),
    );
  }
  return done;
});

source('a failure reason', SHORT, () =>
  step(task('reason'), { files: { 'w.py': `raise Exception(${python(joined(SHORT))})\n` } }),
);

source(
  'names of what a job leaves',
  NAMES,
  async () => {
    const links = NAMES.map(({ text }) => `os.symlink("/etc", os.path.join(where, ${python(`x${text}`)}))`);
    const made = NAMES.map(({ text }) => `open(os.path.join(where, ${python(`y${text}`)}), "w").close()`);
    const worker = ['import os', 'where = os.environ["SM_MODEL_DIR"]', ...links, ...made].join('\n');
    const server = await ArtifactServer.start();
    const files = { 'w.py': worker };
    const done = await step(task('left', { download: 'logs, model, state' }), { files, env: server.environment });
    expect([...server.artifacts.keys()]).toEqual(['project-left-model']);
    await server.stop();
    return done;
  },
  true,
);

source('names of local files', NAMES, () => {
  const names = NAMES.flatMap(({ text }) => [`src/.env.${text}`, `src/${text}.log`, `src/x${text}`]);
  const files = { 'src/w.py': '', 'src/.gitignore': '*.log\n', ...Object.fromEntries(names.map((name) => [name, ''])) };
  const code = { 'source-dir': 'src' };
  return Promise.all([
    step(task('names', code), { files }),
    step(task('names2', { ...code, inputs: 'x=./src' }), { files }),
    step(task('names3', { dockerfile: 'FROM scratch\nCOPY . /', 'docker-context': 'src' }), {
      files,
      env: { PATH: '' },
    }),
  ]);
});

source('a record', ALL, async () => {
  const text = joined(ALL);
  await step(task('record', { hyperparameters: 'a=1' }));
  const facts = Object.fromEntries(ASPECTS.map((aspect) => [aspect, { [text]: text, a: `a${text}` }]));
  for (const key of await records('record'))
    await put(key, JSON.stringify({ facts, end: { completed: true, left: [], metrics: [[text, 1]] } }));
  return step(task('record', { hyperparameters: 'a=2' }));
});

source('the metrics of a record', ALL, async () => {
  await step(task('known'));
  for (const Key of await records('known')) {
    const record = JSON.parse(await text(Key)) as { end: { metrics: unknown } };
    record.end.metrics = ALL.map(({ text }) => [text, 1]);
    await put(Key, JSON.stringify(record));
  }
  return step(task('known'));
});

source('a lease’s owner', SHORT, async () => {
  const done: Done[] = [];
  for (const [at, { text }] of SHORT.filter(({ text }) => !/["\\]/.test(text)).entries()) {
    await put(`project/lease${at}/.lease.json`, `{"owner":"x${text}","token":"t${text}"}`);
    done.push(await step(task(`lease${at}`), { until: 'is starting a job' }));
  }
  return done;
});

source(
  'a sync’s manifest',
  ALL,
  async () => {
    const text = joined(ALL);
    const files = { 'data/a': 'a' };
    await step(task('manifest', { inputs: 'x=./data' }), { files });
    await put('project/manifest/.sync/x.json', JSON.stringify({ [text]: text, files: { [text]: [text] } }));
    return step(task('manifest', { inputs: 'x=./data' }), { files });
  },
  true,
);

source(
  'keys in the task’s folder',
  NAMES,
  async () => {
    for (const { text } of NAMES.filter(({ text }) => !/[\n\r]/.test(text))) {
      await put(`project/keys/project-keys${text}/record.json`, '{}');
      await put(`project/keys/state/x${text}`, '');
    }
    return step(task('keys', { download: 'logs, state' }));
  },
  true,
);

for (const operation of [
  's3:ListObjectsV2',
  'sagemaker:CreateTrainingJob',
  'sagemaker:DescribeTrainingJob',
  'iam:GetRole',
  'sts:GetCallerIdentity',
  'logs:GetLogEvents',
])
  source(`an error of ${operation}`, ALL, async () => {
    const fault = {
      kind: 'error',
      operation,
      code: 'ValidationException',
      message: joined(ALL).replaceAll('\0', ''),
      status: 400,
    };
    await aws.fault(fault);
    try {
      return await step(task(`error-${operation.replace(':', '-')}`));
    } finally {
      await aws.liftFaults();
    }
  });

source('inputs, a branch and tags', ALL, () =>
  Promise.all([
    step(task(joined(ALL).replaceAll('\0', ''))),
    step(task('tags', { tags: `a=${joined(ALL).replaceAll('\0', '')}`, metrics: `${joined(SHORT)}=(` })),
    step(task('branch'), { env: { GITHUB_REF: `refs/heads/x${joined(SHORT).replaceAll('\0', '')}` } }),
  ]),
);

/** A docker whose output is hostile: as that of a build, or of a registry, is. */
function docker(script: string): Record<string, string> {
  const bin = join(aws.workspace({ docker: '' }));
  writeFileSync(join(bin, 'text'), joined(ALL));
  writeFileSync(
    join(bin, 'docker'),
    `#!/bin/sh\nhere='${bin}'\ncase "$1" in\nversion|buildx) echo 28.0;;\n${script}\nesac\n`,
  );
  chmodSync(join(bin, 'docker'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

source('Docker’s output', ALL, () =>
  step(task('build', { dockerfile: 'd' }), {
    files: { 'd/Dockerfile': 'FROM scratch\nRUN x\n' },
    env: docker('build) cat "$here/text"; cat "$here/text" >&2; echo; echo "Dockerfile:2"; exit 1;;\nimage) exit 1;;'),
  }),
);

source('labels and names of an image', ALL, async () => {
  const told = JSON.stringify({
    Id: joined(ALL),
    Os: joined(ALL),
    Architecture: joined(ALL),
    RepoDigests: [joined(ALL)],
  });
  const env = docker('build) ;;\nimage) cat "$here/told"; echo;;\n*) cat "$here/text"; exit 1;;');
  writeFileSync(join(env['PATH']?.split(':')[0] ?? '', 'told'), told);
  return step(task('labels', { dockerfile: 'd' }), { files: { 'd/Dockerfile': 'FROM scratch\nRUN x\n' }, env });
});

/** A module of the adapter for the runner in a process of its own. */
function adapter(module: string, body: string): Done {
  const url = new URL(`../../src/github/${module}.ts`, import.meta.url);
  const code = `import * as it from ${JSON.stringify(url)}; ${body}`;
  const flags = ['--no-warnings', '--experimental-strip-types', '--input-type=module', '-e', code];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', cwd: aws.folder });
  return { streams: [stdout, stderr], output: '', state: '', env: '', path: '', summary: '' };
}

source('an error that nothing caught', ALL, async () =>
  adapter('log', `it.failOnUncaughtErrors(); setImmediate(() => { throw new Error(${JSON.stringify(joined(ALL))}) });`),
);

source('names of artifacts’ files', NAMES, async () => {
  const files = NAMES.map(({ text }) => join(aws.folder, `nothing-${text}`));
  const artifact = JSON.stringify({ name: 'a', folder: aws.folder, files, kept: '' });
  const network = new URL('../../src/network/network.ts', import.meta.url);
  return adapter(
    'artifacts',
    `import { Network } from ${JSON.stringify(network)}; process.env.ACTIONS_RESULTS_URL = 'http://127.0.0.1:9/';
    await it.uploadArtifact(${artifact}, new Network({})).catch((error) => console.log(encodeURIComponent(error.message)))`,
  );
});

describe('a secret', () => {
  const odd = 'ghs_a:b*c|d~e@f!g[h](i)#j&k';
  it('is out of the summary too, whatever the page’s own writing makes of its characters', async () => {
    const worker = `import json, os\nprint(json.dumps({os.environ["LEAK"]: 1.5}))\nraise Exception(os.environ["LEAK"])\n`;
    const env = { MY_TOKEN: odd };
    const { summary, streams, output } = await step(task('secret', { environment: `LEAK=${odd}` }), {
      files: { 'w.py': worker },
      env,
    });
    const plain = summary.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    expect(plain).toContain('***');
    expect(plain).not.toContain(odd);
    expect(output).not.toContain(odd);
    expect(
      streams
        .join('')
        .split('\n')
        .filter((line) => line.includes(odd)),
    ).toEqual([`::add-mask::${odd}`]);
  });
});
