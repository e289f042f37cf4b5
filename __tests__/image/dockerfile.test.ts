import { describe, expect, it } from 'vitest';
import {
  type Dockerfile,
  instructionLines,
  isDockerfileText,
  needsBase,
  needsOf,
  originalLines,
  prepareDockerfile,
} from '../../src/image/dockerfile.ts';

const prepare = (text: string, args: Record<string, string> = {}): Dockerfile =>
  prepareDockerfile(text, 'aws/base:1', new Map(Object.entries(args)), 'linux/arm64');

describe('the base image', () => {
  it.each([
    ['by its name', 'FROM __BASE_IMAGE__\nRUN a', 'FROM aws/base:1\nRUN a', ['aws/base:1'], 0],
    [
      'in an argument and a comment',
      '# __BASE_IMAGE__\nARG B=__BASE_IMAGE__\nFROM $B AS x\nFROM x',
      '# aws/base:1\nARG B=aws/base:1\nFROM $B AS x\nFROM x',
      ['aws/base:1'],
      0,
    ],
    ['first where there is no FROM', 'RUN a', 'FROM aws/base:1\nRUN a', ['aws/base:1'], 1],
    [
      'after parser directives',
      '# syntax=docker/dockerfile:1\n# escape=`\n# a comment\nRUN a',
      '# syntax=docker/dockerfile:1\n# escape=`\nFROM aws/base:1\n# a comment\nRUN a',
      ['aws/base:1'],
      1,
    ],
    ['of one’s own', 'FROM python:3.12', 'FROM python:3.12', ['python:3.12'], 0],
  ])('is put in %s', (_, text, prepared, bases, added) => {
    expect(prepare(text)).toEqual({ text: prepared, bases, added });
  });

  it('is needed where it is named, or nothing else is', () => {
    const texts = ['FROM __BASE_IMAGE__', 'RUN a', 'FROM python', 'ARG X=__BASE_IMAGE__\nFROM python'];
    expect(texts.map(needsBase)).toEqual([true, true, false, true]);
    expect(needsBase('# not on __BASE_IMAGE__\nFROM python')).toBe(false);
  });
});

describe('the images that stages begin with', () => {
  it.each([
    ['FROM a AS one\nFROM b:1\nCOPY --from=one /x /y\nFROM ONE', ['a', 'b:1']],
    ['FROM scratch\nFROM a\nFROM a', ['a']],
    ['FROM --platform=linux/amd64 a', ['a']],
    ['ARG V=3.12 S=slim\nFROM python:$V-${S}', ['python:3.12-slim']],
    ['ARG V\nFROM python:${V:-3.11}', ['python:3.11']],
    ['ARG V=1\nFROM python:${V:+3.11}', ['python:3.11']],
    ['ARG V=1\nARG B=python:${V}\nFROM $B', ['python:1']],
    ['FROM a\nRUN <<EOF\nFROM not-an-image\nEOF', ['a']],
    ['from A/b \\\n as x\nFROM x', ['A/b']],
    ['ARG V\nFROM python:${V-3.11}', ['python:3.11']],
    ['ARG V=\nFROM python:x${V-3.11}', ['python:x']],
    ['FROM "python:3.12"', ['python:3.12']],
    ['FROM img-${TARGETARCH}', ['img-arm64']],
    ['FROM a\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/', ['a', 'ghcr.io/astral-sh/uv:latest']],
    ['FROM a AS x\nFROM b\nCOPY --from=x /1 /2\nCOPY --from=0 /3 /4', ['a', 'b']],
    ['FROM a\nRUN --mount=type=bind,from=tools:1,target=/t make', ['a', 'tools:1']],
    ['FROM a\nRUN echo "see <<EOF"\nFROM b', ['a', 'b']],
  ])('%j: %j', (text, bases) => {
    expect(prepare(text).bases).toEqual(bases);
  });

  it('take build arguments that the file declares, and no others', () => {
    expect(prepare('ARG V=1\nFROM python:$V', { V: '2', W: '3' }).bases).toEqual(['python:2']);
    expect(prepare('FROM python:1$V', { V: '2' }).bases).toEqual(['python:1']);
  });
});

describe('a text', () => {
  it.each([
    ['Dockerfile', false],
    ['docker/train.Dockerfile', false],
    ['from here', true],
    ['FROM __BASE_IMAGE__', true],
    ['RUN pip install x', true],
    ['\n# comment\nRUN a\n', true],
    ['./run', false],
    ['VOLUME /data', true],
    ['EXPOSE 80', true],
    ['FROM', false],
  ])('%j is one of a Dockerfile: %j', (text, is) => {
    expect(isDockerfileText(text)).toBe(is);
  });
});

describe('the lines of an instruction', () => {
  const own = prepare('FROM a\n# comment\nRUN one \\\n  two\nCOPY x /y');
  const added = prepare('RUN one\nRUN two');
  it.each([
    [own, 1, { first: 1, last: 1 }],
    [own, 2, { first: 3, last: 4 }],
    [own, 'RUN one   two', { first: 3, last: 4 }],
    [own, 'COPY x /y', { first: 5, last: 5 }],
    [own, 9, undefined],
    [own, 'RUN other', undefined],
    [added, 1, undefined],
    [added, 2, { first: 1, last: 1 }],
    [added, 'RUN two', { first: 2, last: 2 }],
  ])('%#: %s', (dockerfile, which, lines) => {
    expect(instructionLines(dockerfile, which)).toEqual(lines);
  });

  it('are those of the given file', () => {
    expect([originalLines({ first: 3, last: 4 }, 1), originalLines({ first: 1, last: 1 }, 1)]).toEqual([
      { first: 2, last: 3 },
      undefined,
    ]);
  });
});

describe('what is taken from the context', () => {
  it.each<[string, string[]]>([
    ['FROM a\nRUN b', []],
    ['FROM a\nCOPY b c/ /d/', ['./b', './c']],
    ['FROM a\nADD /b ../c ./d/. /e', ['./b', './c', './d']],
    ['FROM a\nCOPY . /', ['**']],
    ['FROM a\nCOPY *.py /', ['./*.py']],
    ['FROM a\nCOPY !a #b /', ['./!a', './#b']],
    ['FROM a\nCOPY --chown=1 ["with blank", "/d"]', ['./with blank']],
    ['FROM a AS b\nFROM c\nCOPY --from=b /x /y', []],
    ['FROM a\nARG X\nCOPY $X /y', ['**']],
    ['FROM a\nADD https://example.org/x git@example.org:a/b.git /y', []],
    ['FROM a\nRUN --mount=target=/src make', ['**']],
    ['FROM a\nRUN --mount=type=bind,source=src,target=/src --mount=type=cache,target=/c make', ['./src']],
    ['FROM a\nRUN --mount=type=bind,from=b,target=/src --mount=type=secret,id=x make', []],
    ['FROM a AS b\nONBUILD COPY . /\nFROM b', ['**']],
    ['FROM a\nCOPY "data.txt" /made', ['./data.txt']],
    ['FROM a\nRUN echo "see <<EOF"\nCOPY b /c', ['./b']],
  ])('%j: %j', (text, paths) => {
    expect(needsOf(text).sources.map(({ pattern }) => pattern)).toEqual(paths);
  });
});
