/**
 * Markdown as GitHub shows it: CommonMark with GitHub's extensions, then the filters that look into the finished page.
 * https://github.com/gjtorikian/html-pipeline has the filters.
 */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { type DefaultTreeAdapterMap, parseFragment } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

export function htmlOf(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
}

export function pageOf(markdown: string): Node {
  return parseFragment(htmlOf(markdown));
}

function childrenOf(node: Node): readonly Node[] {
  return 'childNodes' in node ? node.childNodes : [];
}

export function elementsOf(node: Node): Element[] {
  const own = 'tagName' in node ? [node] : [];
  return [...own, ...childrenOf(node).flatMap(elementsOf)];
}

export function textOf(node: Node): string {
  return 'value' in node && node.nodeName === '#text' ? node.value : childrenOf(node).map(textOf).join('');
}

/** The page's elements without text, such as `table(tr(td td))`. Spans are left out: they only part text. */
export function skeletonOf(node: Node): string {
  const inside = childrenOf(node)
    .map(skeletonOf)
    .filter((part) => part !== '');
  const all = inside.join(' ');
  if (!('tagName' in node) || node.tagName === 'span') return all;
  const attributes = node.attrs.map(({ name }) => `[${name}]`).join('');
  return `${node.tagName}${attributes}${all === '' ? '' : `(${all})`}`;
}

/** What GitHub would make of the page's text: mentions, references, emojis, links and formulas. */
export function liveTexts(node: Node, within: readonly string[] = []): string[] {
  if (node.nodeName === '#text' && 'value' in node) {
    const isIn = (...names: readonly string[]): boolean => names.some((name) => within.includes(name));
    const found = [
      ...(isIn('pre', 'code', 'tt', 'a') ? [] : [...node.value.matchAll(LIVE)]),
      ...(isIn('pre', 'code', 'tt') ? [] : [...node.value.matchAll(EMOJI), ...node.value.matchAll(FORMULA)]),
    ];
    return found.map(([text]) => text);
  }
  const names = 'tagName' in node ? [...within, node.tagName] : within;
  return childrenOf(node).flatMap((child) => liveTexts(child, names));
}

const LIVE = /@[a-z0-9][\w-]*|#\d+|\bGH-\d+|\b(?:https?|ftp|mailto):|\bwww\.\w|[\w.+-]+@[\w-]+\.\w/gi;
const EMOJI = /:[a-z0-9+-][\w+-]*:/gi;
/** A dollar that stands alone in an element is shown as one. */
const FORMULA = /\$[^$]+\$|.\$|\$./gs;
