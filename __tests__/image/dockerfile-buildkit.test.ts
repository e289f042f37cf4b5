/**
 * The action reads Dockerfiles as BuildKit does. `npm run test:full` builds BuildKit's own reader by go (buildkit/main.go) and
 * asks it for the table, and for Dockerfiles that are put together from pieces.
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../src/core/image-reference.ts';
import { syntaxOf } from '../../src/image/dockerfile/directives.ts';
import { readLines } from '../../src/image/dockerfile/lines.ts';
import { needsOf } from '../../src/image/dockerfile.ts';
import { anyArguments, anyDockerfile, random } from './any-dockerfile.ts';
import { CASES } from './dockerfiles.ts';

const READER = process.env['BUILDKIT_READER'] ?? '';
/** To try others: how many Dockerfiles, and the number from which they are made. */
const FILES = Number(process.env['BUILDKIT_FILES'] ?? 4_000);
const SEED = Number(process.env['BUILDKIT_SEED'] ?? 1);
/** Of a stage that the reader adds. */
const LAST = 'of-the-last-stage';

/** BuildKit also asks the context for these. */
const REMOTE = /^(?:[\w-]+@[\w.-]+:|git:|ssh:)/;

interface Question {
  readonly text: string;
  readonly args: Readonly<Record<string, string>>;
}

interface Answer {
  readonly linesError: string;
  readonly error: string;
  readonly syntax: string;
  readonly instructions: readonly {
    readonly keyword: string;
    readonly line: string;
    readonly flags: readonly string[] | null;
    readonly heredocs: number;
    readonly first: number;
    readonly last: number;
  }[];
  readonly images: readonly string[] | null;
  readonly paths: readonly string[] | null;
}

function ask(questions: readonly Question[]): Answer[] {
  const output = execFileSync(READER, { input: JSON.stringify(questions), maxBuffer: 2 ** 28 });
  return JSON.parse(output.toString()) as Answer[];
}

/** A pattern has `?` for some characters. */
const plain = (path: string): string => path.replace(/\s/g, '?');
const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();

function fullName(image: string): string {
  const { registry, repository, tag, digest } = parseReference(image) ?? { registry: image };
  return `${registry}/${repository}${digest ? '' : `:${tag}`}${digest ? `@${digest}` : ''}`;
}

/** Ours, where BuildKit reads the file too: what differs, in words. */
function differences({ text, args }: Question, answer: Answer): string[] {
  const wrong: string[] = [];
  const compare = (what: string, own: unknown, theirs: unknown): void => {
    if (JSON.stringify(own) !== JSON.stringify(theirs))
      wrong.push(`${what}: ${JSON.stringify(own)} instead of ${JSON.stringify(theirs)}`);
  };
  const needs = needsOf(text, { buildArgs: new Map(Object.entries(args)), platform: 'linux/amd64' });
  compare('syntax', syntaxOf(text) ?? '', answer.syntax);
  if (answer.linesError === '') {
    const own = readLines(text).instructions.map(({ keyword, line, flags, hasHeredocs, lines: { first, last } }) => {
      return [keyword, line, flags, hasHeredocs, first, last];
    });
    const theirs = answer.instructions.map(({ keyword, line, flags, heredocs, first, last }) => {
      return [keyword, line, flags ?? [], heredocs > 0, first, last];
    });
    compare('instructions', own, theirs);
  }
  if (answer.error !== '') return wrong;
  compare('problem', needs.problem, undefined);
  const own = sorted(needs.sources.map(({ pattern }) => plain(pattern.replace(/^\.\//, '').replace(/\\(.)/g, '$1'))));
  const theirs = sorted(
    (answer.paths ?? ['**']).map(plain).filter((path) => path !== LAST && (own.includes(path) || !REMOTE.test(path))),
  );
  if (!own.includes('**')) compare('paths', own, theirs);
  else if (answer.paths !== null && !/OF_IMAGE|BUILD|TARGET|\[|\\|\$/.test(text)) compare('paths', own, theirs);
  compare('images', sorted(needs.bases.map(fullName)), sorted(answer.images ?? []));
  return wrong;
}

describe.skipIf(READER === '')('the action and BuildKit', () => {
  it('agree on the table', () => {
    const questions = CASES.map(({ text, args }) => ({ text, args: args ?? {} }));
    const answers = ask(questions);
    const wrong = answers.flatMap((answer, at) => {
      const { what, text } = CASES[at] ?? { what: '', text: '' };
      const refused = answer.error === '' ? [] : [`BuildKit refuses it: ${answer.error}`];
      return [...refused, ...differences(questions[at] ?? { text, args: {} }, answer)].map((each) => [
        what,
        text,
        each,
      ]);
    });
    expect(wrong).toEqual([]);
  });

  it('agree on Dockerfiles that nobody wrote', () => {
    const next = random(SEED);
    const questions = Array.from({ length: FILES }, () => ({
      text: anyDockerfile(next),
      args: anyArguments(next),
    }));
    const answers = ask(questions);
    const wrong = questions.flatMap((question, at) => {
      const answer = answers[at];
      return answer === undefined
        ? []
        : differences(question, answer).map((each) => [question.text, each, answer.error]);
    });
    const read = answers.filter(({ error }) => error === '').length;
    expect(read).toBeGreaterThan(questions.length / 10);
    expect(wrong.slice(0, 20)).toEqual([]);
  }, 300_000);
});
