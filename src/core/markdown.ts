/** Puts foreign text into Markdown. */

/** Inline code. */
export function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/** Escapes HTML's special characters, and those that Markdown interprets in an HTML block or a heading. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'`*_[\]()#@|~\\!:\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A part of a page. */
export interface Section {
  /** What it is, in plain words: it is named if it is left out. */
  readonly name: string;
  readonly text: string;
}

/**
 * The page of the sections, the most important first, with blank lines between them. A section that does not fit is left out
 * whole, because half of a table or a chart is none. The last line then names it. `measure` counts what `limit` counts:
 * characters, or bytes. The page may be longer than a limit that has no room for that line.
 */
export function fitSections(
  sections: readonly Section[],
  limit: number,
  measure: (text: string) => number = (text) => text.length,
): string {
  const page = (kept: readonly Section[], left: readonly Section[]): string =>
    [...kept.map(({ text }) => text.trimEnd()), ...(left.length === 0 ? [] : [leftOut(left)])].join('\n\n');
  const whole = page(sections, []);
  if (measure(whole) <= limit) return whole;
  const kept: Section[] = [];
  for (const section of sections) {
    const next = [...kept, section];
    // The line is longest if all others are left out.
    const others = sections.filter((each) => !next.includes(each));
    if (measure(page(next, others)) <= limit) kept.push(section);
  }
  return page(
    kept,
    sections.filter((each) => !kept.includes(each)),
  );
}

function leftOut(sections: readonly Section[]): string {
  const names = sections.map(({ name }) => escapeText(name)).join(', ');
  return `<sub>Left out, because GitHub shows no page of this length: ${names}.</sub>`;
}

/** The beginning of a text that is longer than `limit`, with `…` at its end. Counted as GitHub does not: pairs are two. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half of a pair is no character.
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
