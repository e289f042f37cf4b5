/**
 * The directives at the top of a Dockerfile: `# syntax=…`, `# escape=…`, `# check=…`.
 * https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/parser/directives.go
 */
import { trim, trimStart } from './space.ts';

/** The number of lines at the top that must stay there: a shebang, and directives (`# syntax=…`). */
export function directiveLines(text: string): number {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const shebang = lines[0]?.startsWith('#!') ? 1 : 0;
  const end = lines.findIndex((line, at) => at >= shebang && directiveOf(trimStart(line), '#') === undefined);
  return end < 0 ? lines.length : end;
}

/**
 * The image of the frontend that a `syntax` directive names, after `#`, after `//` or in JSON: BuildKit lets it read the
 * file, whatever its language is. Undefined if there is no directive.
 */
export function syntaxOf(text: string): string | undefined {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const rest = lines[0]?.startsWith('#!') ? lines.slice(1) : lines;
  for (const comment of ['#', '//']) {
    for (const line of rest) {
      const directive = directiveOf(line, comment);
      if (directive === undefined) break;
      if (directive.name === 'syntax') return directive.value.split(' ', 1)[0];
    }
  }
  const first = rest.find((line) => line.trim() !== '') ?? '';
  const json = first.trimStart().startsWith('{') ? parseJson(rest.join('\n')) : undefined;
  const syntax = typeof json === 'object' && json !== null && 'syntax' in json ? json.syntax : undefined;
  return typeof syntax === 'string' ? syntax : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Directive {
  readonly name: string;
  readonly value: string;
}

/** `comment`: what a comment begins with. Undefined if the line is no directive: then none follows. */
export function directiveOf(line: string, comment: string): Directive | undefined {
  const content = line.startsWith(comment) ? trim(line.slice(comment.length)) : '';
  const [, name = '', value = ''] = /^([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*([^\n]+)$/.exec(content) ?? [];
  const known = name.toLowerCase();
  return ['syntax', 'check', 'escape'].includes(known) ? { name: known, value } : undefined;
}
