/** Why a part of a Dockerfile is not read. */

/** The action cannot read it. Docker may read it, or refuse it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Only the build itself knows the value, for example of a variable of the base image. */
export class UnknownValue extends Error {
  override readonly name = 'UnknownValue';
}
