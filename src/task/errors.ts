/**
 * The errors that a user is meant to read. Everything else that is thrown is a defect or comes from a service, and
 * `describeError` turns it into the same form: what happened, and what to do about it.
 */

/** One thing wrong with the inputs: the input's name, what is wrong, and the remedy. */
export interface Mistake {
  readonly input: string;
  readonly problem: string;
  readonly remedy: string;
}

/** An error with a remedy. `message` says what happened, `hint` what the user can do. */
export class ActionError extends Error {
  override readonly name: string = 'ActionError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** All mistakes in the inputs at once; thrown before anything is created. */
export class InputError extends ActionError {
  override readonly name = 'InputError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map((mistake) => `- ${mistake.input}: ${mistake.problem} ${mistake.remedy}`);
    const noun = mistakes.length === 1 ? 'One input is wrong' : `${mistakes.length} inputs are wrong`;
    super(`${noun}; nothing was created.\n${lines.join('\n')}`, 'Correct the inputs named above and run again.');
    this.mistakes = mistakes;
  }
}

/** The job ended, but not as `Completed`. `message` begins with its status, then the service's own reason. */
export class JobError extends ActionError {
  override readonly name = 'JobError';
}

/** The step was cancelled (a signal) or ran into its time limit. */
export class CancelledError extends ActionError {
  override readonly name = 'CancelledError';

  constructor(signal: string) {
    super(`The step was cancelled (${signal}).`, 'Run the workflow again to start a new job.');
  }
}

/** An error's text for the log, with its causes and its hint. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) causes.push(`Caused by ${textOf(cause)}`);
  const hint = error instanceof ActionError ? [error.hint] : [];
  const parts = error instanceof AggregateError ? error.errors.map((part) => `- ${describeError(part)}`) : [];
  return [textOf(error), ...parts, ...causes, ...hint].join('\n');
}

function textOf(error: Error): string {
  const named =
    error instanceof ActionError || error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  return named || error.name;
}
