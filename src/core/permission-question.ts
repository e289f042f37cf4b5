/** What IAM is asked: whether a principal may do something. */

/** Actions on one resource, with the values of condition keys that a real request would have. */
export interface Question {
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}
