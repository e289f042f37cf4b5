/** Which files at the code's root the launcher installs on the worker. The same rule as in toolkit/task_toolkit/package.py. */

/** By itself each of these is installed; a pyproject.toml only if it has a project. */
export const INSTALLED: readonly string[] = ['requirements.txt', 'setup.py'];
export const PYPROJECT = 'pyproject.toml';

/** Texts over several lines, in which a line may look like the name of a table. */
const STRINGS = /"""(?:\\[\s\S]|[^\\])*?"""|'''[\s\S]*?'''/g;

/** Whether a pyproject.toml describes a package: a file without these tables only configures other tools. */
export function describesPackage(text: string): boolean {
  const names = [...text.replace(STRINGS, '""').matchAll(/^[ \t]*\[{1,2}([^\]#\n]+)\]/gm)].map(([, name = '']) =>
    name.replace(/[\s"']/g, ''),
  );
  return names.some((name) => /^(?:project|build-system)(?:\.|$)/.test(name));
}
