/** A question that AWS did not answer, where the step goes on without the answer. */
export interface Unanswered {
  readonly why: string;
}
