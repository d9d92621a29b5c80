import { type APIApplicationCommandOption, ApplicationCommandOptionType } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { type CommandDependencies, commandDefinitions, createCommands } from "../../src/commands/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { FakeBackend } from "./fake-backend.ts";
import { FakeMessenger } from "./fake-messenger.ts";
import { FakeRules } from "./fake-rules.ts";

const dependencies = (): CommandDependencies => ({
  backend: new FakeBackend(),
  messenger: new FakeMessenger(),
  rules: new FakeRules(),
  history: { history: async () => [] },
  connections: () => ({ redis: "up" }),
  clock: new VirtualClock(),
});

const optionsOf = (options: readonly APIApplicationCommandOption[] = []): readonly APIApplicationCommandOption[] =>
  options.flatMap((option) =>
    option.type === ApplicationCommandOptionType.Subcommand ? [option, ...optionsOf(option.options)] : [option],
  );

/** `pair! timeframe?`: what is needed and what is not, by name. */
const signatureOf = (options: readonly APIApplicationCommandOption[] = []): string =>
  options.map(({ name, required }) => `${name}${required ? "" : "?"}`).join(" ");

const definition = (name: string) => commandDefinitions.find((candidate) => candidate.name === name);

const subcommand = (name: string, command = "position") => {
  const found = definition(command)?.options?.find((option) => option.name === name);
  return found?.type === ApplicationCommandOptionType.Subcommand ? found.options : undefined;
};

const allOptions = commandDefinitions.flatMap(({ name, options }) =>
  optionsOf(options).map((option) => [`${name} ${option.name}`, option] as const),
);

describe("the definitions", () => {
  it("are what was agreed, name by name", () => {
    expect(commandDefinitions.map(({ name }) => name)).toEqual([
      "signal",
      "scan",
      "position",
      "preferences",
      "notifications",
      "history",
      "subscribe",
      "unsubscribe",
      "subscriptions",
      "ping",
    ]);
    expect(signatureOf(definition("signal")?.options)).toBe("pair timeframe? period?");
    expect(signatureOf(definition("scan")?.options)).toBe("timeframe? pairs?");
    expect(signatureOf(subcommand("open"))).toBe("pair action entry_price size stop_loss? take_profit? notes?");
    expect(signatureOf(subcommand("list"))).toBe("pair?");
    expect(signatureOf(subcommand("close"))).toBe("position_id exit_price");
    expect(signatureOf(definition("preferences")?.options)).toBe(
      "risk_level? trading_style? min_confidence? strong_signals_only?",
    );
    expect(definition("notifications")?.options?.map(({ name }) => name)).toEqual([
      ...["show", "quiet", "quiet_off", "mute", "unmute", "fewer_off", "resume"],
    ]);
    expect(signatureOf(subcommand("quiet", "notifications"))).toBe("from to time_zone strong_signals_pass?");
    expect(signatureOf(subcommand("mute", "notifications"))).toBe("for");
    expect(signatureOf(subcommand("fewer_off", "notifications"))).toBe("pair?");
    expect(signatureOf(definition("history")?.options)).toBe("pair?");
    expect(signatureOf(definition("subscribe")?.options)).toBe("pair signal_type?");
    expect(signatureOf(definition("unsubscribe")?.options)).toBe("pair?");
  });

  it("belong one by one to the commands", () => {
    const commands = createCommands(dependencies());
    expect(commands.map((command) => command.definition)).toEqual(commandDefinitions);
  });

  it("complete exactly where they promise suggestions", () => {
    const commands = createCommands(dependencies());
    for (const command of commands) {
      const promised = optionsOf(command.definition.options).some(
        (option) => "autocomplete" in option && option.autocomplete === true,
      );
      expect([command.definition.name, command.complete !== undefined]).toEqual([command.definition.name, promised]);
    }
  });

  it("survive the way to Discord as JSON", () => {
    expect(JSON.parse(JSON.stringify(commandDefinitions))).toEqual(commandDefinitions);
  });

  it.each(commandDefinitions.map((one) => [one.name, one] as const))("of %s keep Discord's limits", (name, one) => {
    expect(name).toMatch(/^[a-z]{1,32}$/);
    expect(one.description.length).toBeLessThanOrEqual(100);
    expect(one.options?.length ?? 0).toBeLessThanOrEqual(25);
    expect(JSON.stringify(one).length).toBeLessThanOrEqual(8000);
  });

  it.each(allOptions)("of %s keep Discord's limits", (_name, option) => {
    expect(option.name).toMatch(/^[a-z_]{1,32}$/);
    expect(option.description.length).toBeGreaterThan(0);
    expect(option.description.length).toBeLessThanOrEqual(100);
    if (option.type !== ApplicationCommandOptionType.Subcommand) return;
    const needed = (option.options ?? []).map(({ required }) => required === true);
    expect(needed).toEqual([...needed].sort((a, b) => Number(b) - Number(a)));
  });
});
