/** Orders versions and finds those that the beginning of a version means. */

/** Newest first: numbers by value, so 2.10 is newer than 2.9, and 1.2-2 newer than 1.2-1. */
export function newestFirst(versions: readonly string[]): string[] {
  return [...versions].sort((a, b) => compare(partsOf(b), partsOf(a)));
}

/**
 * The versions that `requested` means, newest first: itself if it exists, else those that begin with it: `2` and `2.x` are
 * 2.8.0, 2.7.1 and so on, but `2.1` is not 2.10.
 */
export function matching(requested: string, versions: readonly string[]): string[] {
  if (versions.includes(requested)) return [requested];
  const start = requested.replace(/\.[x*]$/, '');
  const isNext = /[a-z]$/.test(start) ? /^[.\d-]/ : /^[.-]/;
  return newestFirst(versions.filter((each) => each.startsWith(start) && isNext.test(each.slice(start.length))));
}

/**
 * The Pythons (`py312`) that `requested` means, newest first. `3.12`, `312` and `py312` are the same; `3` and `3.x` are any,
 * unless there is one of that name.
 */
export function matchingPythons(requested: string | undefined, pythons: readonly string[]): string[] {
  const newest = newestFirst(pythons);
  if (requested === undefined) return newest;
  const name = pythonName(requested.replace(/\.[x*]$/, ''));
  if (pythons.includes(name)) return [name];
  return name === 'py3' ? newest : [];
}

/** `py312` for `3.12`, `312` and `py312`. */
export function pythonName(version: string): string {
  return `py${version.replace(/^py/, '').replace('.', '')}`;
}

/** `3.12` for `py312`. */
export function pythonVersion(name: string): string {
  return name.replace(/^py(\d)(\d+)$/, '$1.$2').replace(/^py/, '');
}

/** The numbers of a version. Of Hugging Face's images with the same one, those on PyTorch come first. */
function partsOf(version: string): number[] {
  const [, own = '', base = ''] = /^(.*?)(-[a-z].*)?$/.exec(pythonVersion(version)) ?? [];
  return [...numbersOf(own), -1, base.startsWith('-pytorch') ? 1 : 0, ...numbersOf(base)];
}

function numbersOf(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? -1) - (b[at] ?? -1);
}
