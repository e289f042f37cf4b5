/** A line of a log as CloudWatch Logs keeps it. Times are milliseconds since 1970. */
export interface LogEvent {
  /** When it was printed, by the instance's clock. */
  readonly timestamp: number;
  /** When CloudWatch Logs got it. */
  readonly arrived: number;
  readonly message: string;
}

/** One that a search found. */
export interface FoundEvent extends LogEvent {
  readonly id: string;
  /** The name of its log stream. */
  readonly stream: string;
}
