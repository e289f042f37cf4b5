/** How much may lie behind the links of a result: a few links to each other's folders are millions of files, each a copy. */

/** Files and folders that are reached through links, all together. */
export const MOST_BEHIND_LINKS = 100_000;

/** How often one file is reached through links. */
export const MOST_TIMES = 100;
