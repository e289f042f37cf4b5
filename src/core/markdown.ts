/**
 * Puts foreign text into Markdown, always as a part of an HTML block: in such a block, which ends at the next blank line,
 * Markdown interprets nothing (https://github.github.com/gfm/#html-blocks).
 */

/** Inline code. GitHub makes no mention, reference, emoji or link of what is in it. */
export function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/** Lines as they are, which end each other without a blank line in the Markdown. */
export function preformatted(text: string): string {
  return `<pre>${escapeText(text)}</pre>`;
}

/** A link that shows the HTML. Without the link if there is no URL. */
export function link(url: string, html: string): string {
  return url === '' ? html : `<a href="${escapeText(url)}">${html}</a>`;
}

/** Escapes HTML's special characters, and those that Markdown interprets in an HTML block or a heading. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'`*_[\]()#@|~\\!:$\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The beginning of a text that is longer than `limit`, with `…` at its end. Counted as GitHub does not: pairs are two. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half of a pair is no character.
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * A sentence that quotes foreign text. GitHub looks into the text of the finished page for mentions, references, emojis,
 * links and formulas, where a character reference is a character again. So what begins one of them is in an element of
 * its own, as GitHub recommends it for `$`:
 * https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
 */
export function words(text: string): string {
  return text
    .split(ACTIVE)
    .map((part, index) => (index % 2 === 0 ? escapeText(part) : `<span>${escapeText(part)}</span>`))
    .join('');
}

/** The character that makes `@name`, `#1`, `:emoji:`, `https://`, `$formula$`, `GH-1` and `www.` more than text. */
const ACTIVE = /([@#:$]|(?<=\bGH)-(?=\d)|(?<=www)\.)/i;
