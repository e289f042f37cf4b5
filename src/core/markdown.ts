/** Puts foreign text into Markdown. */

/** Inline code. */
export function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/** Escapes HTML's special characters, and those that Markdown interprets in an HTML block or a heading. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'`*_[\]()#@|~\\!:\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
