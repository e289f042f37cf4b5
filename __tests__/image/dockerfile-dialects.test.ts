/** What counts of each dialect of Dockerfiles, and what happens where a file cannot be read. */
import { describe, expect, it } from 'vitest';
import { CopiedPaths } from '../../src/image/dockerfile/copied-source.ts';
import {
  type Dockerfile,
  instructionLines,
  needsBase,
  needsOf,
  prepareDockerfile,
} from '../../src/image/dockerfile.ts';
import { CASES, type Case } from './dockerfiles.ts';

const prepare = (text: string, args: Record<string, string> = {}): Dockerfile =>
  prepareDockerfile(text, 'aws/base:1', new Map(Object.entries(args)), 'linux/amd64');

const read = ({ text, args = {} }: Pick<Case, 'text' | 'args'>) =>
  needsOf(text, { buildArgs: new Map(Object.entries(args)), platform: 'linux/amd64' });

describe('a Dockerfile', () => {
  it.each(CASES.map((each) => [each.what, each] as const))('%s', (_, each) => {
    const { sources, bases, problem } = read(each);
    expect({
      paths: [...new Set(sources.map(({ pattern }) => pattern.replace(/^\.\//, '')))],
      images: [...new Set(bases)],
      problem,
    }).toEqual({ paths: [...new Set(each.paths)], images: each.images, problem: undefined });
  });

  it.each([
    ['FROM a\nCOPY b /y', { BUILDKIT_SYNTAX: 'docker/dockerfile:1' }, ['./b']],
    [
      'FROM a\nARG TARGETPLATFORM BUILDARCH\nCOPY $TARGETPLATFORM $BUILDARCH /y/',
      { BUILDARCH: 'c' },
      ['./linux/amd64', './c'],
    ],
    ['RUN a\nCOPY b /y', {}, ['./b']],
    ['ARG X=b\nCOPY $X /y', {}, ['./b']],
    ['FROM python:3-onbuild', {}, ['**']],
    ['FROM a\nENV X=c $OF_IMAGE=b\nCOPY $X /y', {}, ['**']],
    ['FROM a\nRUN --mount=source=d*/[e],target=/t f', {}, ['./d\\*/\\[e\\]']],
    ['FROM a\nRUN --mount=source=ü,target=/t f', {}, ['**']],
  ])('%j %j: %j', (text, args, patterns) => {
    expect(read({ text, args }).sources.map(({ pattern }) => pattern)).toEqual(patterns);
    expect(read({ text, args }).problem).toBeUndefined();
  });
});

describe('what --exclude leaves out', () => {
  it.each<[string, string[], string[]]>([
    ['COPY --exclude=*.md . /y', ['b', 'd/c.md'], ['a.md']],
    ['COPY --exclude=**/*.md --exclude=d . /y', ['b'], ['a.md', 'e/c.md', 'd/x']],
    ['COPY --exclude=*.md d /y', ['d/b', 'd/e/c.md', 'd'], ['d/a.md', 'b']],
    ['COPY --exclude=*.md d/ b.md /y/', ['d/b', 'b.md'], ['d/a.md']],
    ['COPY --exclude=*.md d /y\nCOPY d/a.md /y', ['d/a.md'], ['d/c.md']],
    ['COPY --exclude=d d /y', ['d', 'd/b'], ['d/d/b']],
    ['ADD --exclude=*.md d /y', ['d/b'], ['d/a.md']],
    // Docker may copy these: an exception, a file that a wildcard matches, an own root, variables.
    ['COPY --exclude=*.md --exclude=!a.md d /y', ['d/a.md', 'd/c.md'], []],
    ['COPY --exclude=*.md *.md /y/', ['a.md'], []],
    ['COPY --parents --exclude=*.md d /y', ['d/a.md'], []],
    ['COPY --exclude=$X --exclude=/b . /y', ['$X', 'b'], []],
  ])('%s', (text, copied, left) => {
    const { sources, problem } = read({ text: `FROM a\n${text}` });
    const paths = new CopiedPaths(sources);
    expect(problem).toBeUndefined();
    expect({
      copied: copied.filter((path) => paths.match(path)),
      left: left.filter((path) => paths.match(path)),
    }).toEqual({
      copied,
      left: [],
    });
  });
});

describe('a Dockerfile that cannot be read', () => {
  it.each<[string, Record<string, string>, RegExp, string[]]>([
    ['FROM a\nCOPY <<EOF /x\nb', {}, /^line 2: the heredoc EOF has no end$/, []],
    ['# escape=x\nFROM a', {}, /^line 1: the escape character/, []],
    ['# escape=`\n# escape=`\nFROM a', {}, /^line 2: .* second directive "escape"/, []],
    ['FROM a\nCOPY [1, 2]', {}, /^line 2: the JSON form/, ['a']],
    ['FROM a\nINCLUDE b\nCOPY c /y', {}, /^line 2: unknown instruction INCLUDE/, ['a']],
    ['FROM a\nCOPY --new=b c /y\nFROM d', {}, /^line 2: unknown flag --new/, ['a', 'd']],
    ['FROM a\nCOPY --link --link c /y', {}, /^line 2: .*--link .*twice/, ['a']],
    ['FROM a\nCOPY --from c /y', {}, /^line 2: .*--from has no value/, ['a']],
    ['FROM a\nCOPY --from=$X c /y', {}, /^line 2: variables/, ['a']],
    ['FROM a\nCOPY --from=1 c /y', {}, /^line 2: there is no stage 1/, ['a']],
    ['FROM a\nCOPY b', {}, /^line 2: COPY needs/, ['a']],
    ['FROM a\nCOPY "b c" /y', {}, /^line 2: a double quote/, ['a']],
    ['FROM a\nENV X=1\nCOPY ${X /y', {}, /^line 3: /, ['a']],
    ['FROM a\nENV X=1\nCOPY ${X:#y} /y', {}, /^line 3: .*":#"/, ['a']],
    ['FROM a\nENV X=1\nCOPY ${X#\\a} /y', {}, /^line 3: .*escape/, ['a']],
    ['FROM scratch\nCOPY ${X:?is missing} /y', {}, /^line 2: COPY|^line 2: a (?:word|double)/, []],
    [`FROM a\nENV X=1\nCOPY ${'${X:-'.repeat(200)}${'}'.repeat(200)} /y`, {}, /^line 3: .*braces/, ['a']],
    ['FROM a b', {}, /^line 1: FROM needs/, []],
    ['FROM $X', {}, /^line 1: .*\$X/, []],
    ['FROM a AS x\nONBUILD FROM b\nFROM x', {}, /^line 3: ONBUILD/, ['a']],
    ['# syntax=ghcr.io/team/other:1\nFROM a', {}, /ghcr\.io\/team\/other:1/, []],
    ['// syntax=ghcr.io/team/other:1', {}, /ghcr\.io\/team\/other:1/, []],
    ['{"syntax": "ghcr.io/team/other:1"}', {}, /ghcr\.io\/team\/other:1/, []],
    ['#!/usr/bin/env build\n# syntax=not/docker/dockerfile-x\nFROM a', {}, /dockerfile-x/, []],
    ['FROM a', { BUILDKIT_SYNTAX: 'team/other --x' }, /team\/other/, []],
  ])('%j %j', (text, args, problem, bases) => {
    const found = read({ text, args });
    expect(found.problem).toMatch(problem);
    expect(found.sources.map(({ pattern }) => pattern)).toContain('**');
    expect(found.bases).toEqual(bases);
    expect(prepare(text, args)).toEqual({ text, bases, added: 0, problem: found.problem });
  });

  it('builds on the pre-built image by its placeholder, and by no FROM where that can be seen', () => {
    const text = '# syntax=ghcr.io/team/other:1\nbase: __BASE_IMAGE__\n';
    expect(needsBase(text)).toBe(true);
    expect(prepare(text)).toMatchObject({
      text: text.replace('__BASE_IMAGE__', 'aws/base:1'),
      bases: ['aws/base:1'],
      added: 0,
    });
    expect(needsBase('# syntax=ghcr.io/team/other:1\nRUN a')).toBe(false);
    expect(needsBase('RUN <<EOF')).toBe(true);
    expect(needsBase('FROM a\nRUN <<EOF')).toBe(false);
    expect(needsBase('RUN <<EOF\nFROM b\nEOF')).toBe(true);
  });
});

describe('the base image', () => {
  it.each([
    ['#!/usr/bin/env build\n# syntax=docker/dockerfile:1\nRUN a', 2],
    ['# syntax=docker/dockerfile:1\r\n# escape=`\r\nRUN a', 2],
    [' # escape=`\nRUN a', 1],
    ['# comment\n# escape=`\nRUN a', 0],
    ['# check=skip=all', 1],
    ['RUN <<EOF\nFROM b\nEOF', 0],
  ])('is put after directives: %j', (text, directives) => {
    const lines = text.split('\n');
    expect(prepare(text)).toMatchObject({
      text: [...lines.slice(0, directives), 'FROM aws/base:1', ...lines.slice(directives)].join('\n'),
      bases: ['aws/base:1'],
      added: 1,
      problem: undefined,
    });
  });
});

describe('the lines of an instruction', () => {
  const text =
    'FROM a\r\nRUN <<EOF\r\none\r\nEOF\r\nCOPY <<x <<-y /z/\r\nx\r\n\ty\r\n# comment\r\nRUN two \\\r\n\r\n  three\r\n';
  it.each([
    [2, { first: 2, last: 4 }],
    [3, { first: 5, last: 7 }],
    [4, { first: 9, last: 11 }],
    ['RUN <<EOF (one)', { first: 2, last: 4 }],
    ['COPY <<x <<-y /z/', { first: 5, last: 7 }],
    ['RUN two   three', { first: 9, last: 11 }],
    [5, undefined],
  ])('are counted with heredocs: %s', (which, lines) => {
    expect(instructionLines(prepare(text), which)).toEqual(lines);
  });

  it('are not known where the file cannot be read', () => {
    expect(instructionLines(prepare('FROM a\nRUN <<EOF'), 1)).toBeUndefined();
  });
});
