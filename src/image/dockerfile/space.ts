/** White space as Go defines it. JavaScript takes U+FEFF for some, and not U+0085. */

export const SPACE = /^(?!\uFEFF)[\s\u0085]/;

export function trimStart(text: string): string {
  return text.replace(/^(?:(?!\uFEFF)[\s\u0085])+/, '');
}

export function trim(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.test(text[end - 1] ?? '')) end -= 1;
  return trimStart(text.slice(0, end));
}

/** Without the end of a line. */
export function withoutEnd(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\n' || line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}
