/** Formats money and time for people. */

/** `$0.12`, `$12.30`, `$1,204`, `less than $0.01`. */
export function usdText(usd: number): string {
  if (usd > 0 && usd < 0.005) return 'less than $0.01';
  return dollars(usd, usd < 999.995 ? 2 : 0, usd < 999.995 ? 2 : 0);
}

/** With cents, whatever the amount: `$1,204.30`. */
export function exactText(usd: number): string {
  return dollars(usd, 2, 2);
}

/** A price an hour, which has parts of a cent: `$0.23`, `$4.284`, `$0.0053`. */
export function rateText(usd: number): string {
  return dollars(usd, 2, 4);
}

/** `24 h`, `1.5 h`, `100 min`, `90 s`. */
export function hoursText(seconds: number): string {
  if (seconds >= 3600 && seconds % 360 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

function dollars(usd: number, least: number, most: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: least, maximumFractionDigits: most })}`;
}
