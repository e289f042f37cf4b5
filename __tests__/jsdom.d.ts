/** The part of jsdom that the tests use. Its own types are a package more. */
declare module 'jsdom' {
  export class JSDOM {
    constructor(html?: string, options?: { readonly contentType?: string });
    readonly window: Window & typeof globalThis;
  }
}
