/** The action's version, equal to package.json's. User agents and the tag SimpleSagemakerVersion contain it. */
export const VERSION = '1.0.0';
