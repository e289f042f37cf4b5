/** Why a part of a Dockerfile is not read. */

/** Without a stack: nobody reads it, and for thousands of parts it takes longer than all else. */
class NotRead extends Error {
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The action cannot read it. Docker may read it, or refuse it. */
export class Unreadable extends NotRead {
  override readonly name = 'Unreadable';
}

/** Only the build itself knows the value, for example of a variable of the base image. */
export class UnknownValue extends NotRead {
  override readonly name = 'UnknownValue';
}
