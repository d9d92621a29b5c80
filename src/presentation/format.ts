/** Numbers and times as people read them. What is missing or not finite is `undefined`, and the card says so in words. */

/** A pair as it may stand in a code span or a hint. */
export const isPair = (text: string): boolean => /^[A-Z]{3}\/[A-Z]{3}$/.test(text);

/** The currency a price is counted in, when the pair is one. */
export const quoteCurrency = (pair: string): string => (isPair(pair) ? pair.slice(4) : "");

/** With the decimals of the pair: 3 for the yen, 5 elsewhere, the last one left out when it is zero. */
export function formatPrice(pair: string, price: number | undefined): string | undefined {
  if (price === undefined || !Number.isFinite(price)) return undefined;
  const decimals = quoteCurrency(pair) === "JPY" ? 3 : 5;
  const tooLongOrTooSmall = Math.abs(price) >= 1e9 || (price !== 0 && Math.abs(price) < 10 ** -decimals);
  return tooLongOrTooSmall ? price.toExponential(2) : price.toFixed(decimals).replace(/0$/, "");
}

/** 0.725 as `72.5 %`; outside 0 to 1 it is no fraction. */
export function formatFraction(fraction: number | undefined): string | undefined {
  if (fraction === undefined || !(fraction >= 0 && fraction <= 1)) return undefined;
  return `${Math.round(fraction * 1000) / 10} %`;
}

/** Any quantity, six significant digits: indicators are an open map, so nothing is known about their size. */
export function formatQuantity(value: number | undefined): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  return String(Number(value.toPrecision(6)));
}

/** Beyond this, grouped digits are no longer read but counted. */
const longestWritten = 1e15;

export function formatSize(size: number | undefined): string | undefined {
  if (size === undefined || !Number.isFinite(size)) return undefined;
  if (Math.abs(size) >= longestWritten) return size.toExponential(2);
  return new Intl.NumberFormat("en-GB", { maximumFractionDigits: 8 }).format(size);
}

/** With its sign, so that a gain and a loss differ without colour: `+1,250.00`. */
export function formatSigned(value: number | undefined, decimals: number): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  if (Math.abs(value) >= longestWritten) return value.toExponential(2);
  return new Intl.NumberFormat("en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: "exceptZero",
  }).format(value);
}

/** In the reader's own time zone and language: `R` is "5 minutes ago", `f` the date and time. */
export function discordTime(date: Date | undefined, style: "R" | "f"): string | undefined {
  if (date === undefined || !Number.isFinite(date.getTime())) return undefined;
  return `<t:${Math.floor(date.getTime() / 1000)}:${style}>`;
}

/** The date and, in brackets, how long ago that was. */
export function dateAndAge(date: Date | undefined): string | undefined {
  const shown = discordTime(date, "f");
  return shown === undefined ? undefined : `${shown} (${discordTime(date, "R")})`;
}

/** A time of day, given in minutes after midnight: `07:00`. */
export function timeOfDay(minute: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(minute / 60)}:${two(minute % 60)}`;
}

/** For places where Discord's timestamps are not rendered. */
export function utcMinute(date: Date | undefined): string | undefined {
  if (date === undefined || !Number.isFinite(date.getTime())) return undefined;
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Rounded up, so that nobody comes back too early. */
export function formatWait(waitMs: number): string {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  if (seconds <= 90) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 90) return `${minutes} minutes`;
  const hours = Math.ceil(minutes / 60);
  return hours <= 48 ? `${hours} hours` : `${Math.ceil(hours / 24)} days`;
}

export const formatMs = (durationMs: number): string => `${Math.round(durationMs)} ms`;
