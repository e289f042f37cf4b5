/**
 * Cuts a page to the size that GitHub takes. Sections that have a shorter text are shortened first, then whole ones are left
 * out; in both, the least important come first.
 */

export interface Section {
  /** As the page calls it if it is left out: `charts`. */
  readonly name: string;
  /** Of two sections the one with the lower number is cut first. */
  readonly importance: number;
  /** Markdown. An empty section is left out without a word. */
  readonly text: string;
  /** A shorter text, which says itself what it lacks. */
  readonly short?: string | undefined;
}

/** `left`: the names of the sections that were left out, in the order of the page. */
export interface Fitted {
  readonly text: string;
  readonly left: readonly string[];
}

/** What fits a page, and how its size is measured. */
export interface Limit {
  readonly most: number;
  /** In the limit's unit: bytes of UTF-8, or characters. */
  readonly size: (text: string) => number;
  /** Says on the page which sections are left out. */
  readonly note: (left: readonly string[]) => string;
}

/** A job summary: 1 MiB a step. https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits */
export const SUMMARY_BYTES = 1024 * 1024;

/** The most characters of a comment that its renderer may give. GitHub takes 65,536: the rest is for its first line. */
export const COMMENT_CHARACTERS = 64_000;

const BETWEEN = '\n\n';

/** The sections in their order, each after an empty line. */
export function fitSections(sections: readonly Section[], { most, size, note }: Limit): Fitted {
  const shown = sections.filter(({ text }) => text !== '').map((section) => ({ ...section, kept: true }));
  const leftOut = (): string[] => shown.filter(({ kept }) => !kept).map(({ name }) => name);
  const page = (): string => {
    const left = leftOut();
    const texts = shown.filter(({ kept }) => kept).map(({ text }) => text);
    return [...texts, ...(left.length === 0 ? [] : [note(left)]), ''].join(BETWEEN);
  };
  // Of two sections of the same importance, the later one goes first.
  const inTurn = shown.toReversed().sort((a, b) => a.importance - b.importance);
  const cut = (change: (section: (typeof shown)[number]) => void): void => {
    for (const section of inTurn) if (size(page()) > most) change(section);
  };
  cut((section) => {
    section.text = section.short ?? section.text;
  });
  cut((section) => {
    section.kept = false;
  });
  return { text: page(), left: leftOut() };
}
