// What the demo starts, and its end: one program at a time, in a process group of its own, so that a Ctrl-C in the
// terminal reaches the demo alone, which then ends the group.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between asking a group to end and killing it. */
const GRACE_MS = 5_000;

/** A failure that a user reads: what happened, and what to do. */
export class DemoError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

export class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    /** As a shell tells it. */
    this.exitCode = 128 + constants.signals[signal];
  }
}

export class Processes {
  #signal;
  #running;

  /** `onInterrupt` is called once, at the first signal. */
  constructor(onInterrupt) {
    const interrupt = (signal) => {
      if (this.#signal !== undefined) return;
      this.#signal = signal;
      onInterrupt(signal);
      this.#running?.abort();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));
    // Who read the output has gone, as in `npm run demo | head`.
    process.stdout.on('error', () => interrupt('SIGPIPE'));
  }

  /** Undefined before a signal. */
  get interruption() {
    return this.#signal && new Interrupted(this.#signal);
  }

  /** Throws Interrupted after a signal. */
  check() {
    if (this.interruption !== undefined) throw this.interruption;
  }

  /**
   * Runs what `start` starts, `{ child, done }`, where the child leads a process group; gives what `done` gives, also when
   * a signal ended it meanwhile: `check` tells.
   */
  async run(start) {
    this.check();
    const { child, done } = start();
    this.#running = new AbortController();
    const { signal } = this.#running;
    const ended = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(endGroup(child.pid)), { once: true });
    });
    try {
      const result = await done;
      if (signal.aborted) await ended;
      return result;
    } finally {
      this.#running = undefined;
    }
  }
}

/** Ends all processes of a group; returns when none is left. */
async function endGroup(pid) {
  if (pid === undefined) return;
  for (const name of ['SIGTERM', 'SIGKILL']) {
    let left = signalGroup(pid, name);
    for (const deadline = Date.now() + GRACE_MS; left && Date.now() < deadline; await sleep(20))
      left = signalGroup(pid, 0);
    if (!left) return;
  }
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: only zombies are left, as macOS has it.
    if (error.code === 'ESRCH' || error.code === 'EPERM') return false;
    throw error;
  }
}
