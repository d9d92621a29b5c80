import { InvalidArgumentError } from "commander";

/** Of an option: a whole number above 0. */
export function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0");
}
