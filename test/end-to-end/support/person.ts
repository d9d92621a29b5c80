import { expect } from "vitest";
import { z } from "zod";
import type {
  InteractionFaults,
  InteractionInput,
  InteractionReport,
  OptionInput,
  SandboxDiscord,
  SandboxInteraction,
  SandboxMessage,
  SandboxPerson,
} from "../../../src/sandbox/discord/api.ts";
import { type Reading, read } from "./reading.ts";

export type Options = Readonly<Record<string, OptionInput>>;

type Without<Input, Key extends PropertyKey> = Input extends unknown ? Omit<Input, Key> : never;
type DirectAction = Without<Extract<InteractionInput, { kind: "button" | "select" | "modal" }>, "personId" | "place">;

export interface How {
  readonly place?: "guild" | "dm";
  readonly faults?: InteractionFaults;
}

/** Somebody in the sandbox's guild, and what they do with the bot. Commands are named as they are typed: `position open`. */
export class TestPerson {
  readonly id: string;
  readonly #discord: SandboxDiscord;

  constructor(discord: SandboxDiscord, person?: Partial<Omit<SandboxPerson, "id">>) {
    this.#discord = discord;
    this.id = discord.addPerson(person).id;
  }

  use(command: string, options: Options = {}, { place, faults }: How = {}): SandboxInteraction {
    return this.#discord.interact(
      { kind: "command", ...this.#start(command, options), ...(place && { place }) },
      faults,
    );
  }

  /** What is suggested while the person types `value` into an option. */
  async typing(command: string, name: string, value: string, options: Options = {}) {
    const typed = this.#discord.interact({
      kind: "autocomplete",
      ...this.#start(command, options),
      focused: { name, value },
    });
    const { choices } = await typed.answered();
    if (choices === undefined) throw new Error("The interaction was answered without choices.");
    return choices;
  }

  /** Uses a command and reads its answer, which everybody in the channel sees. */
  readPublic(command: string, options?: Options, how?: How): Promise<Reading> {
    return publicAnswer(this.use(command, options, how));
  }

  /** Uses a command and reads its answer, which nobody else sees. */
  readPrivate(command: string, options?: Options, how?: How): Promise<Reading> {
    return privateAnswer(this.use(command, options, how));
  }

  /** Direct messages received so far. */
  get directMessages(): readonly SandboxMessage[] {
    return this.#discord.directMessages(this.id);
  }

  /** The direct message at this index, received already or to come. */
  async directMessage(index: number): Promise<SandboxMessage> {
    return this.#discord.nextDirectMessage(this.id, index);
  }

  /** Presses the button with this label below a direct message. */
  press(message: SandboxMessage, label: string): SandboxInteraction {
    const button = componentsOf(message).find((component) => component.label === label);
    if (button === undefined) throw new Error(`The message has no button "${label}".`);
    return this.#act({ kind: "button", customId: button.custom_id, messageId: message.id });
  }

  /** Chooses the option with this label in a select below a direct message. */
  choose(message: SandboxMessage, label: string): SandboxInteraction {
    for (const { custom_id: customId, options } of componentsOf(message)) {
      const option = options.find((candidate) => candidate.label === label);
      if (option !== undefined) {
        return this.#act({ kind: "select", customId, messageId: message.id, values: [option.value] });
      }
    }
    throw new Error(`The message has no option "${label}".`);
  }

  /** Sends in the form that an interaction opened; a field that is not given stays as it was filled in. */
  async submit(opened: SandboxInteraction, fields: Readonly<Record<string, string>>): Promise<SandboxInteraction> {
    const { modal } = await opened.answered();
    const { custom_id: customId } = z.object({ custom_id: z.string() }).parse(modal);
    return this.#act({ kind: "modal", customId, fields });
  }

  #act(input: DirectAction): SandboxInteraction {
    return this.#discord.interact({ ...input, personId: this.id, place: "dm" });
  }

  #start(command: string, options: Options) {
    const [name = "", subcommand] = command.split(" ");
    return { personId: this.id, name, options, ...(subcommand === undefined ? {} : { subcommand }) } satisfies Omit<
      Extract<InteractionInput, { kind: "command" }>,
      "kind"
    >;
  }
}

/** The one message that answers an interaction, for everybody to see. */
export async function publicAnswer(interaction: SandboxInteraction): Promise<Reading> {
  const report = await interaction.answered();
  expect(report.answersShown).toBe(1);
  expect(report.visible.map(({ ephemeral }) => ephemeral)).toEqual([false]);
  return onlyMessage(report);
}

/**
 * The one message that answers an interaction, for one person to see. Of a public command the sentence comes as a message
 * of its own, and what stood in public goes.
 */
export async function privateAnswer(interaction: SandboxInteraction): Promise<Reading> {
  const report = await interaction.until(
    ({ saw, visible }) => saw === "answered" && visible.length === 1 && visible[0]?.ephemeral === true,
  );
  expect(report.answersShown).toBe(report.attempts.some(({ request }) => request === "followUp") ? 2 : 1);
  return onlyMessage(report);
}

function onlyMessage({ visible: [message, ...more] }: InteractionReport): Reading {
  if (message === undefined || more.length > 0) throw new Error(`${more.length + 1} messages are visible`);
  return read(message);
}

/** The buttons and selects below a message. */
const componentsOf = ({ components }: SandboxMessage) =>
  z
    .array(z.object({ components: z.array(componentSchema) }))
    .parse(components)
    .flatMap((row) => row.components);

const componentSchema = z.object({
  custom_id: z.string(),
  label: z.string().optional(),
  options: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
});
