import {
  ApplicationCommandAutocompleteCallbackRequestSchema,
  CreateMessageInteractionCallbackRequestSchema,
  LaunchActivityInteractionCallbackRequestSchema,
  ModalInteractionCallbackRequestSchema,
  UpdateMessageInteractionCallbackRequestSchema,
} from "discord-api-spec/zod";
import type { core } from "zod";
import { acceptedComponents, acceptedWithoutNonce } from "./accepted-forms.ts";
import { choiceReasons } from "./command-rules.ts";
import { modalComponentReasons } from "./component-rules.ts";
import { isObject, mapKeys, objectOr, objectsIn } from "./json.ts";
import { messageFlags } from "./message-flags.ts";
import { messageReasons } from "./message-rules.ts";
import { checkAgainstSchema } from "./schema-check.ts";

export type CallbackInteractionKind = "command" | "autocomplete" | "button" | "select" | "modal";

export interface CallbackValidationOptions {
  /** Whether the request carries files beside its JSON, so that a message without text is not empty. */
  readonly hasFiles?: boolean;
  /** For a modal: whether a message's component opened it; only then can it update that message. Assumed when absent. */
  readonly fromComponent?: boolean;
  /** Flags of the message the component stands on. */
  readonly messageFlags?: number;
}

/** `discord-facts.md` 1.2 */
export const callbackTypes = {
  pong: 1,
  reply: 4,
  deferReply: 5,
  deferUpdate: 6,
  update: 7,
  autocomplete: 8,
  modal: 9,
  premiumRequired: 10,
  launchActivity: 12,
} as const;

const { reply, deferReply, deferUpdate, update, autocomplete, modal, launchActivity } = callbackTypes;

const typesByKind: Readonly<Record<CallbackInteractionKind, readonly number[]>> = {
  command: [reply, deferReply, modal, launchActivity],
  autocomplete: [autocomplete],
  button: [reply, deferReply, deferUpdate, update, modal, launchActivity],
  select: [reply, deferReply, deferUpdate, update, modal, launchActivity],
  modal: [reply, deferReply, deferUpdate, update, launchActivity],
};

/** Why Discord would refuse this body of POST /interactions/:id/:token/callback with 400/50035; empty when it would not. */
export const validateCallback = (
  body: unknown,
  interactionKind: CallbackInteractionKind,
  options: CallbackValidationOptions = {},
): readonly string[] => {
  if (!isObject(body)) return ["type: must be a number"];
  const { type, data } = body;
  if (type === callbackTypes.premiumRequired) return ["type: no longer in use; answer with a premium button"];
  if (typeof type !== "number" || !typesByKind[interactionKind].includes(type)) {
    return [`type: must be one of ${typesByKind[interactionKind].join(", ")} for this interaction`];
  }
  if (interactionKind === "modal" && options.fromComponent === false && (type === deferUpdate || type === update)) {
    return ["type: the modal was not opened by a component, so there is no message to update"];
  }
  const schema = schemaOf(type);
  const reasons = [
    ...checkAgainstSchema(schema, mapKeys(body, { data: type === modal ? acceptedModal : acceptedWithoutNonce })),
    ...dataReasons(type, data, options),
  ];
  return [...new Set(reasons)];
};

const schemaOf = (type: number): core.$ZodType => {
  switch (type) {
    case autocomplete:
      return ApplicationCommandAutocompleteCallbackRequestSchema;
    case modal:
      return ModalInteractionCallbackRequestSchema;
    case deferUpdate:
    case update:
      return UpdateMessageInteractionCallbackRequestSchema;
    case launchActivity:
      return LaunchActivityInteractionCallbackRequestSchema;
    default:
      return CreateMessageInteractionCallbackRequestSchema;
  }
};

const acceptedModal = (data: unknown): unknown =>
  isObject(data) ? mapKeys(data, { components: acceptedComponents }) : data;

/** Rules for `data` that the schemas do not have. */
const dataReasons = (type: number, data: unknown, options: CallbackValidationOptions): readonly string[] => {
  switch (type) {
    case reply:
      return messageReasons(data, "create", { hasFiles: options.hasFiles ?? false }).map(inData);
    case update:
      return messageReasons(data, "edit", { messageFlags: options.messageFlags ?? 0 }).map(inData);
    case deferReply:
      return deferReasons(objectOr(data).flags);
    case autocomplete:
      return objectsIn(objectOr(data).choices).flatMap(([index, choice]) =>
        choiceReasons(choice, ["data", "choices", index]),
      );
    case modal:
      return modalComponentReasons(objectOr(data).components);
    default:
      return [];
  }
};

const inData = (reason: string): string => `data.${reason}`;

const deferReasons = (flags: unknown): readonly string[] =>
  typeof flags === "number" && (flags & ~messageFlags.ephemeral) !== 0
    ? ["data.flags: a defer takes no flag but EPHEMERAL"]
    : [];
