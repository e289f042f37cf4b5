/**
 * Text of others that meets patterns, theirs or the action's own: whatever the two are, 100,000 characters take less than a
 * second, and a step that is cancelled meanwhile stops its job.
 */
import { afterAll, beforeAll } from 'vitest';
import { parseRolePath } from '../../src/config/aws-names.ts';
import { InputProblem } from '../../src/core/errors.ts';
import { parseCommandLine, parseList, parseMap } from '../../src/core/input-syntax.ts';
import { mayBeSecret, Redactor } from '../../src/core/redact.ts';
import { BuildError, failedAt, isTransientFailure } from '../../src/docker/failure.ts';
import { annotationText, failureText } from '../../src/failure/error-text.ts';
import { LastLines } from '../../src/failure/last-lines.ts';
import { mergeErrors } from '../../src/failure/merge-errors.ts';
import { readErrors } from '../../src/failure/read-errors.ts';
import { IgnoreRules } from '../../src/files/git-ignore.ts';
import { BroughtBack } from '../../src/files/private-files.ts';
import { parseStreamName } from '../../src/follow/log-stream.ts';
import { ShownStream } from '../../src/follow/shown-stream.ts';
import { statesOf } from '../../src/follow/states.ts';
import { info, printForeign } from '../../src/github/log.ts';
import { isDockerfileText, needsBase, needsOf, prepareDockerfile } from '../../src/image/dockerfile.ts';
import { ContextPatterns } from '../../src/image/dockerignore.ts';
import { parseCondition } from '../../src/metrics/condition.ts';
import { LONGEST_LINE, parseMetrics } from '../../src/metrics/definitions.ts';
import { readExpression } from '../../src/metrics/expression.ts';
import { MetricReader } from '../../src/metrics/metric-reader.ts';
import { readNumberLine } from '../../src/metrics/number-line.ts';
import { resultUri } from '../../src/results/locations.ts';
import { StandIn } from '../action/stand-in.ts';
import { Tally } from './tally.ts';

const LENGTH = 100_000;
const MOST_MS = 1_000;
/** A path has 4,096 characters at the most, a name 255: https://man7.org/linux/man-pages/man0/limits.h.0p.html */
const LONGEST_PATH = 4_095;

const tally = new Tally('expressions');
const never = new AbortController().signal;

/** One piece again and again. */
const fill = (piece: string, length = LENGTH): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

/** Whether the work takes more of the processor's time than it may, also when it is tried again: the machine is busy. */
async function isSlow(work: () => unknown): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const begun = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begun);
    if ((user + system) / 1_000 <= MOST_MS) return false;
  }
  return true;
}

/** An expression, what a line repeats, and what it begins with. */
const HOSTILE: readonly (readonly [string, string, string?])[] = [
  ['x=([0-9.]+)+%$', '1', 'x='],
  ['x=([0-9.]+)+%$', 'x=1111111111'],
  ['(a*)*b', 'a'],
  ['(a|a)*b', 'a'],
  ['(a|aa)+$', 'aab'],
  ['(x+x+)+y', 'x'],
  ['(.*)(.*)(.*)(.*)=(.*)!', 'x='],
  ['(\\w+\\s?)*$', 'a a!'],
  ['Score=(.*?);', 'Score=1'],
  // Each matches at each character, and looks at the whole line each time.
  ['a*b|(a)', 'a'],
  ['a.*b|(a)', 'a'],
  ['(.)', '1'],
  ['([0-9]+)', '1 '],
  // Large ones.
  ['(?:a?){999}[bc](x?)', 'a'],
  ['(?:.*[ab].{999}[bc]|[ad])(x?)', 'abaab'],
  ['(?i)(?:(\\b.|.){999}$)', 'a '],
  [`((?:a?){999}${'.{99}'.repeat(60)}|a)`, 'a'],
  ['(?i)(?:\\pL{0,99}){0,9}1(x)', 'é'],
  // Left to SageMaker.
  ['(?=(x+)+y)x', 'x'],
  ['(x+x+)+\\1y', 'x'],
];

tally.attack('a line against an expression of "metrics"', HOSTILE, async ([regex, piece, start = '']) => {
  const reader = await MetricReader.of([{ name: 'm', regex }]);
  const lines = Array.from({ length: LENGTH / LONGEST_LINE }, () => start + fill(piece, LONGEST_LINE - start.length));
  const logged = [...lines, start + fill(piece)].map((text, at) => ({ at, text }));
  return isSlow(() => reader.accept({ host: 'algo-1', instance: 0, lines: logged }, never));
});

const DEFINITIONS = [
  '((((x?){999}){999}){999})',
  '((((x?){999}){999}){999})(?=y)',
  `(${'(?:a?){999}'.repeat(45)})`,
  `(${'.{0,1000}'.repeat(50)})`,
  `(${'(?:.{0,31}){0,32}'.repeat(29)})`,
  `(${'(?:.{31}){32}'.repeat(38)})`,
  `${'('.repeat(249)}a${')'.repeat(249)}`,
  `${'('.repeat(166)}a${')*'.repeat(166)}`,
  `(?=(${'a|'.repeat(240)}b))`,
  `${'['.repeat(400)}(x)]`,
  `${'(?#'.repeat(160)}(x)`,
];
tally.attack('an expression of "metrics" itself', DEFINITIONS, (regex) =>
  isSlow(() => {
    try {
      readExpression('m', regex);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InputProblem') throw error;
    }
  }),
);

const PATTERNS: readonly (readonly [string, string])[] = [
  ['**/a/**/a/**/a/b', 'a/'],
  [`${'**/a/'.repeat(20)}b`, 'a/'],
  [`${'*a'.repeat(20)}*b`, 'a'],
  [`${'?*'.repeat(20)}b`, 'a'],
  [`${'*[ab]'.repeat(20)}b`, 'ab'],
  [`${'**/*a*/'.repeat(20)}b`, 'aa/'],
  [`${'*'.repeat(1_000)}b`, 'a'],
];
tally.attack('a path against a pattern of .gitignore', PATTERNS, ([pattern, piece]) =>
  isSlow(() => {
    const rules = new IgnoreRules(pattern);
    for (let read = 0; read < LENGTH; read += LONGEST_PATH) rules.ignores(fill(piece, LONGEST_PATH), false);
  }),
);
tally.attack('a path against a pattern of .dockerignore', PATTERNS, ([pattern, piece]) =>
  isSlow(() => {
    const rules = new ContextPatterns(pattern);
    for (let read = 0; read < LENGTH; read += LONGEST_PATH) rules.matchItself(fill(piece, LONGEST_PATH));
  }),
);

const PIECES = [
  ...['a', '1', ' ', '\n', '\\', '"', '\\"', "'", '/', '/a', '-1', '-', '{', '}', '{"a":', '${a:-', '$', '::', '##['],
  ...[
    'manifest for ',
    '#\n',
    ' \n',
    '\t',
    ' > [1/1] ',
    'Step 1',
    'TOKEN',
    'a=',
    '://',
    '@',
    '\r',
    '<<',
    '# ',
    '\u2028',
  ],
  ...[
    'Traceback (most recent call last):\n',
    '  File "a", line 1, in f\n',
    'ValueError: a\n',
    '╭ Traceback (most recent call last)\n',
    '│ /a:1 in f\n',
    '  + Exception Group Traceback (most recent call last):\n',
    '  | a\n',
    '[rank0]: ',
    '[1,0]<stderr>:',
    '\u001b]',
    '\u001b[1',
    'a.sh: 1: not found\n',
    'a.',
    '<locals>.',
    'ExecuteUserScriptError:\n',
    '"""\n',
    'During handling of the above exception, another exception occurred:\n',
  ],
  ...['\u001b[', '\u001b]', '\u001b[31m', '\u001b[A', '\b', '#015', '#010', '1%|', '| ', ' [', '\u2588', '\u009d'],
];
const quietly = (work: () => void): void => {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    work();
  } finally {
    process.stdout.write = write;
  }
};
const OWN: Readonly<Record<string, (text: string) => unknown>> = {
  "a worker's line, for metrics": (text) => [
    ...['{', '{"', "{'", '{"a":', '{"a":1', '{"a":np.f', '{"a":1}'].map((start) => readNumberLine(start + text)),
  ],
  "a worker's line, as a terminal shows it": (text) => {
    const stream = new ShownStream();
    const shown: string[] = [];
    for (const line of [text, `\r${text}\r`, `${text}[00:01, ]`, `${text}]\u001b[A`].flatMap((each) =>
      each.split('\n'),
    ))
      stream.accept({ at: 0, text: line }, shown);
    stream.flush(shown);
  },
  "a worker's line, with states of a bar": (text) => statesOf({ at: 0, text: `${text}\r${text}{"a": 1}` }),
  "a worker's line, printed": (text) => quietly(() => printForeign('', text.split('\n'))),
  "a message's words": (text) => quietly(() => info(text)),
  "a worker's lines, for errors": (text) => {
    const lines = [
      ...text.split('\n'),
      'Traceback (most recent call last):',
      text,
      `  File "${text}", line 1`,
      `E: ${text}`,
    ];
    const logged = [...lines, ...(text.match(/[\s\S]{1,100}/g) ?? [])].map((each) => ({ at: 0, text: each }));
    const kept = new LastLines();
    kept.accept({ host: 'algo-1', instance: 0, lines: logged });
    const errors = readErrors(kept.instances);
    return mergeErrors(errors.map((error) => ({ ...error, place: undefined }))).map((error) => [
      annotationText(error),
      failureText(error, text),
    ]);
  },
  "a stream's name": (text) => parseStreamName(text),
  "Docker's output": (text) => [failedAt([text]), isTransientFailure([text]), new BuildError('failed', [text, text])],
  'a Dockerfile': (text) => [isDockerfileText(text), needsBase(`FROM a\n${text}`), needsBase(`FROM a\nRUN ${text}`)],
  'a Dockerfile, for its images and files': (text) => [
    needsOf(`FROM a\nCOPY ${text} .\nRUN ${text}`),
    prepareDockerfile(`ARG A=${text}\nFROM \${A}${text}`, 'b', new Map(), 'linux/amd64'),
  ],
  "an ignore file's exceptions": (text) => new BroughtBack(`!${text.slice(0, -1)}`, () => () => false),
  'an input': (text) =>
    [parseMap, parseList, parseCommandLine, parseMetrics, parseCondition].map((parse) => {
      try {
        return parse(`a=${text}`);
      } catch (error) {
        if (error instanceof InputProblem) return undefined;
        throw error;
      }
    }),
  "a job's URIs": (text) =>
    resultUri({ name: 'j', compression: 'gzip', outputPath: text, stateUri: `${text}x`, codeUri: '' }, 'state'),
  "a role's path": (text) => {
    try {
      return parseRolePath(`x${text}x`);
    } catch (error) {
      if (error instanceof InputProblem) return undefined;
      throw error;
    }
  },
  'a text with secrets': (text) => new Redactor(['aaaaaaaab', '////////x', `${'a1'.repeat(5_000)}b`]).redact(text),
  'a value that may be a secret': (text) => mayBeSecret(text),
};
for (const [what, meet] of Object.entries(OWN)) {
  tally.attack(`${what}, against a pattern of the action`, PIECES, (piece) => isSlow(() => meet(`${fill(piece)}\0`)));
}

let aws: StandIn;
beforeAll(async () => {
  aws = await StandIn.start(['--time-scale', '0.05']);
});
afterAll(() => aws.stop());

const MANY = Array.from({ length: 40 }, (_, at) => `m${at}=(?:.*[ab].{${100 - at}}[bc]|[ad])(x?)`).join('\n');
/** Metrics, what the worker's lines begin with and repeat, and how the step is cancelled. */
const CANCELLED: readonly (readonly [string, string, string, NodeJS.Signals])[] = [
  ['x=x=([0-9.]+)+%$', 'x=', '1', 'SIGINT'],
  ['x=a*b|(a)', '', 'a', 'SIGTERM'],
  [MANY, '', 'abaab', 'SIGINT'],
];
tally.attack('a job that outlives its cancelled step', CANCELLED, async ([metrics, start, piece, signal]) => {
  const line = start + fill(piece, 16_000);
  const print = `i=0; while [ $i -lt 200 ]; do echo '${line}'; i=$((i+1)); done; echo up; sleep 300`;
  const step = aws.step(aws.workspace({}), {
    task: `cancelled-${CANCELLED.findIndex((each) => each[0] === metrics)}`,
    run: print,
    metrics,
  });
  await step.printed(`\n${line}\n`);
  const begun = Date.now();
  step.kill(signal);
  const late = setTimeout(() => step.kill('SIGKILL'), 10_000);
  const ended = await step.done;
  clearTimeout(late);
  const status = ended.code === 1 ? await aws.ended(ended.outputs['job-name'] ?? '') : undefined;
  return Date.now() - begun > 7_500 || status !== 'Stopped';
});
