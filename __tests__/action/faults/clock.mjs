// For `node --import`: a clock that goes CLOCK_RATE times as fast as the machine's since CLOCK_SINCE, in milliseconds, and is
// CLOCK_AHEAD seconds before AWS's. Pauses take their time as ever.
const { CLOCK_SINCE = '0', CLOCK_RATE = '1', CLOCK_AHEAD = '0' } = process.env;
const [since, rate, ahead] = [Number(CLOCK_SINCE), Number(CLOCK_RATE), Number(CLOCK_AHEAD) * 1000];
const Machine = Date;
const now = () => Math.round(since + (Machine.now() - since) * rate + ahead);

globalThis.Date = class extends Machine {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }

  static now() {
    return now();
  }
};
