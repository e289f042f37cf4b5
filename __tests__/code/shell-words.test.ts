/** Command lines and job files, held against a real `sh`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { NO_DISTRIBUTION } from '../../src/code/distribution.ts';
import { parseHyperparameters } from '../../src/code/hyperparameters.ts';
import { hyperparameterArguments, jobFiles, shellWord } from '../../src/code/launcher-files.ts';
import { NO_SECRETS } from '../../src/code/secrets.ts';
import { parseCommandLine, parseMap } from '../../src/core/input-syntax.ts';
import type { Json } from '../../src/core/json.ts';
import { chance, textOf } from '../given.ts';

const PRINT = `printf '%s\\0'`;

/** The words that a shell makes of the text; undefined where it finds none to be one. */
function shellWords(text: string): string[] | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', `${PRINT} x ${text}`], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\0').slice(1, -1) : undefined;
}

function ownWords(text: string): string[] | undefined {
  try {
    return parseCommandLine(text);
  } catch {
    return undefined;
  }
}

describe('a command line', () => {
  it('may have lines that are comments, and none behind a word', () => {
    expect(parseCommandLine('--a 1\n  # one, two\n--b 2 #3\n#')).toEqual(['--a', '1', '--b', '2', '#3']);
    expect(parseCommandLine("'a\n# b'")).toEqual(['a\n# b']);
    expect(() => parseCommandLine('--lr 0.1 # slow')).toThrow('there is a "#" alone behind a word');
  });

  it.each([
    '',
    '   ',
    `''`,
    `""`,
    `'' "" ''`,
    `a''b""c`,
    `'a'"b"c\\ d`,
    '--lr 0.1 \\\n  --epochs 3',
    '--lr 0.1 \\\n--epochs 3',
    'a \\\n \\\n b',
    'a\\\nb',
    '\\\n',
    `"a\\\nb"`,
    `'a\\\nb'`,
    `"\\\n"`,
    `"two\nlines" 'and\ntwo'`,
    `"\\a \\' \\x"`,
    `'\\"'`,
    '\\a\\b\\ \\\\',
    `it\\'s "it's" 'it'\\''s'`,
    'a\u00a0b c\u3000d e\u2028f',
    'a\vb c\fd',
    '\ta\t\tb\t',
    'ü日本🚀 "ü日本🚀"',
    `"$'x" 2`.replace('$', ''),
    'a=b --x=y=z - -- ---',
    `'#' a#b "# c"`,
    `--json '{"a": [1, "b c"]}'`,
    `"'" '"'`,
    `\\''a b'\\'`,
  ])('%j gives the words of sh', (line) => {
    expect(parseCommandLine(line)).toEqual(shellWords(line));
  });

  it.each(["'", '"', `"a\\"`, `'a\\''`, `a "b 'c`, `"a'`])('%j is refused, as sh refuses it', (line) => {
    expect(shellWords(line)).toBeUndefined();
    expect(() => parseCommandLine(line)).toThrow('a quote is not closed');
  });

  it('of any quotes, blanks and backslashes gives the words of sh', () => {
    const next = chance(1);
    const pieces = ["'", '"', '\\', ' ', '\t', 'a', 'b', 'ü', `''`, `""`, '\\\\', '\\"', "\\'", 'x\\\n', '--x'];
    const different: unknown[] = [];
    let refused = 0;
    for (let round = 0; round < 300; round += 1) {
      // An `e` at the end: what a shell does with a backslash there is its own affair.
      const line = `${textOf(next, pieces, 12)}e`;
      const [own, theirs] = [ownWords(line), shellWords(line)];
      if (own === undefined) refused += 1;
      if (JSON.stringify(own) !== JSON.stringify(theirs)) different.push({ line, own, theirs });
    }
    expect(different).toEqual([]);
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(280);
  });

  it('may be many lines, each with its words', () => {
    expect(parseCommandLine('--a 1\n--b "2\n3"\r\n\n  --c\n')).toEqual(['--a', '1', '--b', '2\n3', '--c']);
  });

  it.each([
    '$HOME',
    '${HOME}',
    '$(id)',
    '`id`',
    '*',
    '~',
    'a;b',
    'a|b',
    'a&b',
    'a>b',
    '(a)',
    '{a,b}',
    '#x',
    '!x',
    '$((1+1))',
  ])('%j is itself: nothing is expanded or run', (word) => {
    expect(parseCommandLine(word)).toEqual([word]);
    expect(parseCommandLine(`"${word.replaceAll('`', '\\`')}"`)).toEqual([word]);
  });
});

const ODD = [
  '',
  ' ',
  ' two  blanks ',
  '\ttab\t',
  'one\ntwo',
  '\n',
  'end\n\n',
  `it's`,
  `'`,
  `''`,
  `'\\''`,
  '"double"',
  '\\',
  'back\\slash\\n',
  '$HOME',
  '$(touch /tmp/never)',
  '`touch /tmp/never`',
  '; exit 3',
  '| cat',
  '&',
  '> /tmp/never',
  '*',
  '~',
  '#',
  '!',
  '-',
  '--',
  '--x=y',
  '-n',
  '%s %d \\0',
  'ü日本🚀',
  '\u0001\u007f',
  'EOF',
];

/** Sources job.sh in a fresh shell, and answers what is there then. */
function sourced(text: string, variables: readonly string[]): { words: string[]; values: string[] } {
  const shown = variables.map((name) => `"\${${name}-unset}"`).join(' ');
  const script = `${text}\n${PRINT} "$#" "$@" ${shown}`;
  const printed = execFileSync('sh', ['-eu', '-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  const count = Number(printed[0]);
  return { words: printed.slice(1, count + 1), values: printed.slice(count + 1) };
}

function codeOf(hyperparameters: ReadonlyMap<string, Json>, args: readonly string[], flags: readonly string[] = []) {
  const code = { distribution: NO_DISTRIBUTION, secrets: NO_SECRETS };
  return { hyperparameters, arguments: args, flags: new Set(flags), ...code };
}

function jobShell(hyperparameters: ReadonlyMap<string, Json>, args: readonly string[], path = 'w.sh'): string {
  const files = jobFiles({ kind: 'entrypoint', path }, codeOf(hyperparameters, args));
  return files.find((file) => file.path === 'task_toolkit/job.sh')?.text ?? '';
}

describe('job.sh', () => {
  it.each(ODD)('brings %j back as argument, hyperparameter, variable and entrypoint', (text) => {
    const { words, values } = sourced(jobShell(new Map([['key', text]]), [text, text], `${text}.sh`), [
      'SM_HP_KEY',
      'ssm_entrypoint',
      'SM_HPS',
      'SM_USER_ARGS',
    ]);
    expect(words).toEqual(['--key', text, text, text]);
    expect(values.slice(0, 2)).toEqual([text, `${text}.sh`]);
    expect(JSON.parse(values[2] ?? '')).toEqual({ key: text });
    expect(JSON.parse(values[3] ?? '')).toEqual(words);
  });

  it('brings all of them back at once, in order', () => {
    expect(sourced(jobShell(new Map(), ODD), []).words).toEqual(ODD);
  });

  it('brings any text back', () => {
    const next = chance(7);
    const pieces = [...`'"\\ \n\t$\`;&|<>()*?[]#~=%!{}a-é🚀`];
    const texts = Array.from({ length: 300 }, () => textOf(next, pieces, 15));
    expect(sourced(jobShell(new Map(), texts), []).words).toEqual(texts);
  });

  it('has no words where there are none', () => {
    expect(sourced(jobShell(new Map(), []), ['SM_HPS', 'SM_USER_ARGS'])).toEqual({ words: [], values: ['{}', '[]'] });
  });

  it('has variables as AWS names and writes them', () => {
    const map = parseMap(
      '{"lr": 1.0, "Flag": true, "none": null, "text": "ü \\" x", "list": [1, "ü"], "map": {"b": 1e-3, "a": null}}',
    );
    const { values } = sourced(
      jobShell(map, []),
      ['LR', 'FLAG', 'NONE', 'TEXT', 'LIST', 'MAP'].map((name) => `SM_HP_${name}`),
    );
    expect(values).toEqual(['1.0', 'true', '', 'ü " x', '[1,"\\u00fc"]', '{"a":null,"b":1e-3}']);
  });

  it('has a flag as its name alone, and as true in the variables', () => {
    const { values: hyperparameters, flags } = parseHyperparameters('do_train\nempty=\nepochs=3\nv');
    const files = jobFiles({ kind: 'run', text: '' }, { ...codeOf(hyperparameters, ['x']), flags });
    const text = files.find(({ path }) => path === 'task_toolkit/job.sh')?.text ?? '';
    const { words, values } = sourced(text, ['SM_HP_DO_TRAIN', 'SM_HP_EMPTY', 'SM_HPS']);
    expect(words).toEqual(['--do_train', '--empty', '', '--epochs', '3', '-v', 'x']);
    expect(values).toEqual(['true', '', '{"do_train":true,"empty":"","epochs":"3","v":true}']);
  });

  it('exports them', () => {
    const script = `${jobShell(new Map([['a', 'b c']]), [])}\nsh -c 'printf %s "$SM_HP_A"'`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe('b c');
  });

  it('leaves out variables whose names no shell takes, and keeps their arguments', () => {
    const names = ['a-b', 'a.b', 'a b', 'a;touch x', 'ü', '$(id)', 'a\nb', 'ok'];
    const map = new Map(names.map((name) => [name, '1']));
    expect(jobShell(map, []).match(/^export SM_HP_[^=]*=/gm)).toEqual(['export SM_HP_OK=']);
    expect(sourced(jobShell(map, []), []).words).toEqual(hyperparameterArguments(map));
  });
});

describe('job.json', () => {
  it('is the same in JSON', () => {
    const [json] = jobFiles({ kind: 'entrypoint', path: "a b/it's ü.py" }, codeOf(new Map([['x', '1']]), ODD, ['x']));
    expect(json?.path).toBe('task_toolkit/job.json');
    expect(JSON.parse(json?.text ?? '')).toEqual({
      entrypoint: "a b/it's ü.py",
      run: false,
      arguments: ODD,
      flags: ['x'],
      distribution: null,
    });
  });

  it('names what is beside the project', () => {
    const [json] = jobFiles({ kind: 'run', text: '' }, codeOf(new Map(), []), ['common', 'x.py']);
    expect(JSON.parse(json?.text ?? '')).toMatchObject({ dependencies: ['common', 'x.py'] });
  });
});

describe('run.sh', () => {
  it.each([
    ['echo a', 'echo a\n'],
    ['echo a\n', 'echo a\n'],
    ['a\n\n', 'a\n\n'],
    [`echo "$X" '\\'`, `echo "$X" '\\'\n`],
  ])('is the lines of %j, as they are', (text, file) => {
    const files = jobFiles({ kind: 'run', text }, codeOf(new Map(), []));
    expect(files.find(({ path }) => path === 'task_toolkit/run.sh')?.text).toBe(file);
  });
});

describe('shellWord', () => {
  it('makes one word of each', () => {
    expect(shellWords(ODD.map(shellWord).join(' '))).toEqual(ODD);
  });
});
