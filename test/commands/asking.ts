import { expect } from "vitest";
import type { PlainCommand } from "../../src/commands/index.ts";
import {
  type AutocompleteRequest,
  type CommandRequest,
  type OptionValue,
  type Person,
  type Progress,
  Refusal,
} from "../../src/interactions/index.ts";
import { read } from "../presentation/reading.ts";

export const alice: Person = { id: "200000000000000001", username: "alice", displayName: "Alice", locale: "en-GB" };
export const bob: Person = { id: "200000000000000002", username: "bob.smith", displayName: "Bob", locale: "en-GB" };

type Options = Readonly<Record<string, OptionValue>>;

export const requestOf = (options: Options = {}, more: Partial<CommandRequest> = {}): CommandRequest & Progress => ({
  options,
  person: alice,
  signal: new AbortController().signal,
  show: async () => {},
  remainingMs: () => 14 * 60_000,
  usedAt: new Date(Date.UTC(2026, 0, 5, 12, 0, 0)),
  reference: "k3f9a2",
  timing: { ageAtArrivalMs: 120, timeToAckMs: 45 },
  ...more,
});

/** What the person reads. */
export const ask = async (command: PlainCommand, options?: Options, more?: Partial<CommandRequest>): Promise<string> =>
  read(await command.execute(requestOf(options, more)));

/** The sentence the person is refused with. */
export async function refusalOf(command: PlainCommand, options?: Options, more?: Partial<CommandRequest>) {
  const outcome = await command.execute(requestOf(options, more)).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Refusal);
  return read({ content: outcome instanceof Refusal ? outcome.message : "" });
}

/** The suggestions for what was typed so far into one option. */
export const suggestionsOf = async (
  command: PlainCommand,
  name: string,
  value: string,
  more: Partial<AutocompleteRequest> = {},
) =>
  (await command.complete?.({
    options: {},
    person: alice,
    focused: { name, value },
    signal: new AbortController().signal,
    ...more,
  })) ?? [];
