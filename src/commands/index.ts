import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Backend } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { DirectMessenger } from "./direct-messenger.ts";
import { type Connections, createPingCommand, pingDefinition } from "./ping.ts";
import type { PlainCommand } from "./plain-command.ts";
import { createPositionCommand } from "./position.ts";
import { positionDefinition } from "./position-definition.ts";
import { createPreferencesCommand, preferencesDefinition } from "./preferences.ts";
import { createSignalCommand, signalDefinition } from "./signal.ts";
import { createSubscribeCommand, subscribeDefinition } from "./subscribe.ts";
import { createSubscriptionsCommand, subscriptionsDefinition } from "./subscriptions.ts";
import { createUnsubscribeCommand, unsubscribeDefinition } from "./unsubscribe.ts";

export type { DirectMessenger } from "./direct-messenger.ts";
export { explain } from "./explain.ts";
export type { Connections } from "./ping.ts";
export type { PlainCommand } from "./plain-command.ts";

export interface CommandDependencies {
  readonly backend: Backend;
  readonly messenger: DirectMessenger;
  /** Asked at each `/ping`. */
  readonly connections: () => Connections;
  readonly clock: Clock;
}

/** What is registered with Discord: plain data, there without a network or anything else running. */
export const commandDefinitions: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[] = [
  signalDefinition,
  positionDefinition,
  preferencesDefinition,
  subscribeDefinition,
  unsubscribeDefinition,
  subscriptionsDefinition,
  pingDefinition,
];

/** One command for each definition, in the same order. */
export function createCommands(dependencies: CommandDependencies): readonly PlainCommand[] {
  return [
    createSignalCommand(dependencies),
    createPositionCommand(dependencies),
    createPreferencesCommand(dependencies),
    createSubscribeCommand(dependencies),
    createUnsubscribeCommand(dependencies),
    createSubscriptionsCommand(dependencies),
    createPingCommand(dependencies),
  ];
}
