/**
 * Errors for the user. Any other error is a defect or comes from a service. `describeError` turns both kinds into one
 * text: what happened, and what to do.
 */

/**
 * A mistake in one input. It is shown as `INPUT: PROBLEM: REMEDY`. The problem has no full stop. The remedy begins with
 * a small letter and ends with a full stop.
 */
export interface Mistake {
  readonly input: string;
  readonly problem: string;
  readonly remedy: string;
}

/** An error in the value of an input, or in a file that the input names. `message` is the problem of a `Mistake`. */
export class InputProblem extends Error {
  override readonly name: string = 'InputProblem';
  readonly remedy: string;

  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super(problem, options);
    this.remedy = remedy;
  }
}

/** An error with a remedy, both in whole sentences: `message` says what happened, `hint` says what the user can do. */
export class ActionError extends Error {
  override readonly name: string = 'ActionError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** All mistakes in the inputs together. It is thrown before anything is created. */
export class InputError extends ActionError {
  override readonly name = 'InputError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map((mistake) => `- ${mistake.input}: ${mistake.problem}: ${mistake.remedy}`);
    const noun = mistakes.length === 1 ? 'One input is wrong' : `${mistakes.length} inputs are wrong`;
    super(`${noun}; nothing was created.\n${lines.join('\n')}`, 'Correct the inputs named above and run again.');
    this.mistakes = mistakes;
  }
}

/** The job ended, but not as `Completed`. `message` says how it ended and quotes the service's reason. */
export class JobError extends ActionError {
  override readonly name = 'JobError';
}

/** The step received a signal: somebody cancelled it, or it reached its time limit. */
export class CancelledError extends ActionError {
  override readonly name = 'CancelledError';

  constructor(signal: string) {
    super(`The step was cancelled (${signal}).`, 'Run the workflow again to start a new job.');
  }
}

/** What an adapter knows of an error that is not the action's own. */
export interface Known {
  /** Who said so, and of what. */
  readonly from: string;
  /** What the user can do, in whole sentences. Undefined if the error says so itself. */
  readonly hint: string | undefined;
}

const known = new WeakMap<Error, Known>();

/** Has `describeError` say what is known of the error, which stays what it is for those who classify it. */
export function addKnown(error: Error, more: Known): void {
  known.set(error, more);
}

/** The error as text for the log: what happened, then the causes that the message does not quote, then what to do. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (!error.message.includes(cause.message || cause.name)) causes.push(`Caused by ${textOf(cause)}`);
  }
  const hint = (error instanceof ActionError ? error.hint : known.get(error)?.hint) ?? [];
  const parts = error instanceof AggregateError ? error.errors.map((part) => `- ${describeError(part)}`) : [];
  return [textOf(error), ...parts, ...causes].concat(hint).join('\n');
}

function textOf(error: Error): string {
  const from = known.get(error)?.from;
  return from === undefined ? plainText(error) : `${from}: ${plainText(error)}`;
}

function plainText(error: Error): string {
  if (error.message === '') return error.name;
  return error instanceof ActionError || ['Error', 'AggregateError'].includes(error.name)
    ? error.message
    : `${error.name}: ${error.message}`;
}
