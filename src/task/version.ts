/** The action's version, as in package.json: in user agents and in the tag SimpleSagemakerVersion. */
export const VERSION = '1.0.0';
