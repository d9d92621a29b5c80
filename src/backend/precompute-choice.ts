import { periods, timeframes } from "./backend.ts";
import { queryOfKey } from "./signal-query.ts";

/** What is refreshed before anybody asks. */
export type PrecomputeChoice =
  | { readonly kind: "off" }
  /** What people ask for most, so many at most. */
  | { readonly kind: "learned"; readonly most: number }
  /** These keys, the most important first. */
  | { readonly kind: "listed"; readonly keys: readonly string[] };

export type ParsedChoice =
  | { readonly kind: "off" }
  | { readonly kind: "learned" }
  | { readonly kind: "listed"; readonly keys: readonly string[] }
  /** In words, one for each entry that is wrong; never what it says. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** `off`, `learned`, or a list like `EUR/USD 1h, GBP/USD swing`, in whatever case it is written. */
export function parsePrecomputeChoice(text: string): ParsedChoice {
  const word = text.trim().toLowerCase();
  if (word === "off") return { kind: "off" };
  if (word === "learned") return { kind: "learned" };
  const keys: string[] = [];
  const problems: string[] = [];
  for (const [index, entry] of text.split(",").entries()) {
    const [pair = "", span = "", ...more] = entry.trim().split(/\s+/);
    const key = `${pair.toUpperCase()} ${span.toLowerCase()}`;
    if (more.length > 0 || queryOfKey(key) === undefined) problems.push(`entry ${index + 1}: ${expected}`);
    else keys.push(key);
  }
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "listed", keys: [...new Set(keys)] };
}

const expected = `expected learned, off, or pairs each with a timeframe (${timeframes.join(", ")}) or a period (${periods.join(", ")}), like: EUR/USD 1h, GBP/USD swing`;
