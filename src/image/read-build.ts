/** Reads a Dockerfile and lists the files that it may copy. */
import { dirname, join, posix, resolve } from 'node:path';
import { InputProblem } from '../core/errors.ts';
import { type ContextFiles, type ContextPaths, contextFiles } from '../files/build-context.ts';
import { completeFiles, whyAbsent } from '../files/checkout.ts';
import { type KeptBack, keptBack } from '../files/kept-back.ts';
import { assertNoWayOut } from '../files/links.ts';
import { kindOf, readTextFile } from '../files/look-up.ts';
import { pathBelow } from '../files/paths.ts';
import { BroughtBack } from '../files/private-files.ts';
import type { Scope } from '../files/scope.ts';
import type { BuildFiles } from './build-files.ts';
import { CopiedPaths, type CopiedSource, EVERYTHING } from './dockerfile/copied-source.ts';
import type { BuildValues } from './dockerfile/stages.ts';
import { isDockerfileText, needsOf } from './dockerfile.ts';
import { ContextPatterns, exactPattern } from './dockerignore.ts';
import type { BuildChoice } from './spec.ts';

/** Throws an InputProblem if a file does not exist, cannot be read, or must not be sent. */
export async function readBuild(build: BuildChoice, scope: Scope, values?: BuildValues): Promise<BuildFiles> {
  const { workspace } = scope;
  const file = await dockerfilePath(build.dockerfile, workspace);
  const text = file === undefined ? build.dockerfile : ((await readTextFile(file)) ?? '');
  const context = build.context === undefined ? file && dirname(file) : await contextFolder(build.context, workspace);
  if (context === undefined) {
    const ignore = { text: '', isOwn: false, hasAdditions: false };
    return { text, file, context, ignore, files: [], linksAndFolders: new Map() };
  }
  const own = file === undefined ? undefined : await readTextFile(`${file}.dockerignore`);
  const given = own ?? (await readTextFile(join(context, '.dockerignore'))) ?? '';
  const kept = await keptBack(context, readIgnore(given), new BroughtBack(given, matcher), scope);
  const { sources } = needsOf(text, values);
  refuseCopies(sources, kept);
  const added = [...kept.never, ...kept.private].map(exactPattern);
  const ignore = { text: [given, ...added].join('\n'), isOwn: own !== undefined, hasAdditions: added.length > 0 };
  const found = await contextFiles(context, pathsOf(ignore.text, sources));
  // Docker also copies the target of a link, which can be anywhere in the context. So list the whole context.
  const isWhole = !found.linked || sources.some(({ pattern, excludes }) => pattern === '**' && excludes.length === 0);
  const { files, linksAndFolders } = isWhole ? found : await wholeContext(context, ignore.text);
  return { text, file, context, ignore, files, linksAndFolders };
}

/**
 * The build with the files' exec bits as git knows them. Throws an InputProblem if the checkout lacks something that the
 * Dockerfile may copy.
 */
export async function completeBuild(build: BuildFiles, scope: Scope, values?: BuildValues): Promise<BuildFiles> {
  const { context, files, linksAndFolders, ignore, text } = build;
  if (context === undefined) return build;
  const { ignore: ignored, copied } = pathsOf(ignore.text, needsOf(text, values).sources);
  const folders = [...linksAndFolders].flatMap(([path, target]) => (target === '/' ? [path] : []));
  const parents = new Set(
    [...linksAndFolders.keys(), ...files.map(({ path }) => path)].map((path) => posix.dirname(path)),
  );
  const found = {
    root: context,
    files,
    emptyFolders: folders.filter((path) => !parents.has(path)).map((path) => join(context, path)),
    repositories: [],
  };
  const choice = {
    isMissed: async (path: string) => {
      const below = pathBelow(context, path);
      return copied.match(below) && !ignored.match(below);
    },
    asPointer: (path: string) => `If the image does not need it, add a line such as "${path}" to .dockerignore.`,
    without: (path: string) => `If the image does not need it, add a line such as "${path}" to .dockerignore.`,
  };
  return { ...build, files: await completeFiles(found, scope, choice) };
}

/** The whole context without what the ignore file excludes. */
export function wholeContext(context: string, ignore: string): Promise<ContextFiles> {
  return contextFiles(context, pathsOf(ignore, [EVERYTHING]));
}

/** The Dockerfile's path. The input may be the path of its folder. Undefined if the input is the text itself. */
async function dockerfilePath(input: string, workspace: string): Promise<string | undefined> {
  const path = resolve(workspace, input.trim());
  const kind = input.includes('\n') ? undefined : await kindOf(path);
  if (kind !== undefined) await assertNoWayOut(path, workspace);
  if (kind === 'file') return path;
  if (kind === 'folder') {
    const inside = join(path, 'Dockerfile');
    if ((await kindOf(inside)) === 'file') {
      await assertNoWayOut(inside, workspace);
      return inside;
    }
    throw new InputProblem(`the folder ${input} contains no Dockerfile`, 'write the path of the file itself.');
  }
  if (isDockerfileText(input)) return undefined;
  const cause = await whyAbsent(path, workspace);
  if (cause !== undefined) throw cause;
  throw new InputProblem(
    `"${input}" does not exist in ${workspace}, and it is not the text of a Dockerfile either`,
    'write a path below the workspace, or the text, for example "FROM __BASE_IMAGE__" and RUN lines.',
  );
}

async function contextFolder(input: string, workspace: string): Promise<string> {
  const path = resolve(workspace, input);
  if ((await kindOf(path)) === 'folder') {
    await assertNoWayOut(path, workspace);
    return path;
  }
  const cause = await whyAbsent(path, workspace);
  if (cause !== undefined) throw cause;
  throw new InputProblem(`the folder ${input} of "docker-context" does not exist in ${workspace}`, 'correct the path.');
}

/** Reports a file that the Dockerfile copies although it is not sent. Docker would fail without saying why. */
function refuseCopies(sources: readonly CopiedSource[], kept: KeptBack): void {
  const copied = (path: string): boolean => {
    const source = `./${path}`;
    return sources.some(({ pattern }) => pattern === source || pattern.startsWith(`${source}/`));
  };
  const never = kept.never.find(copied);
  if (never !== undefined) {
    const problem = `the Dockerfile copies ${never}, which is never sent: .git contains the workflow's token, and results of the action change at each run`;
    throw new InputProblem(problem, 'pass what the build needs in "build-args" or in another file.');
  }
  const found = kept.private.find(copied);
  if (found === undefined) return;
  throw new InputProblem(
    `the Dockerfile copies ${found}, which is not sent, because it may contain credentials`,
    `if everybody who can pull the image may read it, add the line "!${found}" to .dockerignore.`,
  );
}

function readIgnore(text: string): ContextPatterns {
  try {
    return new ContextPatterns(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputProblem(`the build context's .dockerignore is wrong (${cause.message})`, 'correct the pattern.', {
      cause,
    });
  }
}

function matcher(pattern: string): (path: string) => boolean {
  const patterns = readIgnore(`./${pattern}`);
  return (path) => patterns.match(path);
}

function pathsOf(ignore: string, sources: readonly CopiedSource[]): ContextPaths {
  const leading = sources.flatMap(({ pattern }) =>
    pattern.split('/').map((_, at, all) => all.slice(0, at + 1).join('/')),
  );
  const copied = new CopiedPaths(sources);
  return { ignore: readIgnore(ignore), copied, leading: new ContextPatterns(leading.join('\n')) };
}
