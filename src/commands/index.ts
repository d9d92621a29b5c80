import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Backend } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { Component, ModalSubmit } from "../interactions/index.ts";
import type { DirectMessenger } from "./direct-messenger.ts";
import { createHistoryCommand, historyDefinition } from "./history.ts";
import { createNotificationButtons } from "./notification-buttons.ts";
import { createNotificationsCommand } from "./notifications.ts";
import { notificationsDefinition } from "./notifications-definition.ts";
import { createOpening } from "./open-position.ts";
import { type Ledger, type RuleStore, withStoreErrors } from "./person-store.ts";
import { type Connections, createPingCommand, pingDefinition } from "./ping.ts";
import type { PlainCommand } from "./plain-command.ts";
import { createPositionCommand } from "./position.ts";
import { positionDefinition } from "./position-definition.ts";
import { createPositionForm } from "./position-form.ts";
import { createPreferencesCommand, preferencesDefinition } from "./preferences.ts";
import { createScanCommand, scanDefinition } from "./scan.ts";
import { createSignalCommand, signalDefinition } from "./signal.ts";
import { withStopNotice } from "./stop-notice.ts";
import { createSubscribeCommand, subscribeDefinition } from "./subscribe.ts";
import { createSubscriptionsCommand, subscriptionsDefinition } from "./subscriptions.ts";
import { createUnsubscribeCommand, unsubscribeDefinition } from "./unsubscribe.ts";

export { createAllowance } from "./allowance.ts";
export type { DirectMessenger } from "./direct-messenger.ts";
export { explain } from "./explain.ts";
export type { Ledger, RuleChange, RuleStore } from "./person-store.ts";
export type { Connections } from "./ping.ts";
export type { PlainCommand } from "./plain-command.ts";

export interface CommandDependencies {
  readonly backend: Backend;
  readonly messenger: DirectMessenger;
  readonly rules: RuleStore;
  readonly history: Ledger;
  /** Asked at each `/ping`. */
  readonly connections: () => Connections;
  readonly clock: Clock;
}

/** What is registered with Discord: plain data, there without a network or anything else running. */
export const commandDefinitions: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[] = [
  signalDefinition,
  scanDefinition,
  positionDefinition,
  preferencesDefinition,
  notificationsDefinition,
  historyDefinition,
  subscribeDefinition,
  unsubscribeDefinition,
  subscriptionsDefinition,
  pingDefinition,
];

/** One command for each definition, in the same order. */
export function createCommands(dependencies: CommandDependencies): readonly PlainCommand[] {
  const given = { ...dependencies, rules: withStoreErrors(dependencies.rules) };
  const noticing = (command: PlainCommand): PlainCommand => withStopNotice(command, given);
  return [
    noticing(createSignalCommand(given)),
    noticing(createScanCommand(given)),
    noticing(createPositionCommand(given)),
    noticing(createPreferencesCommand(given)),
    // What may end the stop itself says how things are.
    createNotificationsCommand(given),
    noticing(createHistoryCommand(given)),
    createSubscribeCommand(given),
    noticing(createUnsubscribeCommand(given)),
    noticing(createSubscriptionsCommand(given)),
    noticing(createPingCommand(given)),
  ];
}

/** What answers the buttons and selects below notifications. */
export function createComponents({
  backend,
  rules,
}: Pick<CommandDependencies, "backend" | "rules">): readonly Component[] {
  return Object.values(createNotificationButtons({ backend, rules: withStoreErrors(rules) }));
}

/** What answers the forms that buttons open. */
export const createModals = ({ backend }: Pick<CommandDependencies, "backend">): readonly ModalSubmit[] => [
  createPositionForm(createOpening({ backend, priority: "button" })),
];
