import {
  ApplicationCommandCreateRequestSchema,
  ApplicationCommandPatchRequestPartialSchema,
  ApplicationCommandUpdateRequestSchema,
  CreatePrivateChannelRequestSchema,
  IncomingWebhookInteractionRequestSchema,
  IncomingWebhookUpdateRequestPartialSchema,
  MessageCreateRequestSchema,
  MessageEditRequestPartialSchema,
} from "discord-api-spec/zod";
import { acceptedCommand, acceptedMessage, acceptedWithoutNonce } from "./accepted-forms.ts";
import { commandReasons, commandSetReasons, patchReasons } from "./command-rules.ts";
import { isObject, objectOr } from "./json.ts";
import { type MessageRuleOptions, messageReasons } from "./message-rules.ts";
import { checkAgainstSchema } from "./schema-check.ts";

export {
  type CallbackInteractionKind,
  type CallbackValidationOptions,
  validateCallback,
} from "./callback-validation.ts";

export type BodyKind =
  | "webhookMessageEdit"
  | "followUp"
  | "channelMessage"
  | "channelMessageEdit"
  | "createDm"
  | "command"
  | "commandPatch"
  | "commandBulk";

export type ValidationOptions = MessageRuleOptions;

/**
 * Why Discord would refuse this body (as JSON parsed it) with 400/50035; empty when it would not. Each reason names its path, for
 * example `embeds.0.title: at most 256 characters`. Published schemas first, then what they miss (`discord-facts.md` 5, 7).
 */
export const validateBody = (kind: BodyKind, body: unknown, options: ValidationOptions = {}): readonly string[] => [
  ...new Set(reasonsFor(kind, body, options)),
];

const reasonsFor = (kind: BodyKind, body: unknown, options: ValidationOptions): readonly string[] => {
  switch (kind) {
    case "channelMessage":
      return [
        ...checkAgainstSchema(MessageCreateRequestSchema, acceptedMessage(body)),
        ...messageReasons(body, "create", options),
      ];
    case "channelMessageEdit":
      return [
        ...checkAgainstSchema(MessageEditRequestPartialSchema, acceptedWithoutNonce(body)),
        ...messageReasons(body, "edit", options),
      ];
    case "followUp":
      return [
        ...checkAgainstSchema(IncomingWebhookInteractionRequestSchema, acceptedWithoutNonce(body)),
        ...messageReasons(body, "create", options),
      ];
    case "webhookMessageEdit":
      return [
        ...checkAgainstSchema(IncomingWebhookUpdateRequestPartialSchema, acceptedWithoutNonce(body)),
        ...messageReasons(body, "edit", options),
      ];
    case "createDm":
      return [
        ...checkAgainstSchema(CreatePrivateChannelRequestSchema, body),
        ...(objectOr(body).recipient_id == null ? ["recipient_id: required"] : []),
      ];
    case "command":
      return [
        ...checkAgainstSchema(ApplicationCommandCreateRequestSchema, acceptedCommand(body)),
        ...commandReasons(body),
      ];
    case "commandPatch":
      return [
        ...checkAgainstSchema(ApplicationCommandPatchRequestPartialSchema, acceptedCommand(body)),
        ...patchReasons(body),
      ];
    case "commandBulk":
      return Array.isArray(body) ? bulkReasons(body) : ["commands: must be an array"];
  }
};

const bulkReasons = (commands: readonly unknown[]): readonly string[] => [
  ...commands.flatMap((command, index) =>
    checkAgainstSchema(ApplicationCommandUpdateRequestSchema, acceptedCommand(command)).map((reason) =>
      isObject(command) ? `${index}.${reason}` : `${index}: ${reason}`,
    ),
  ),
  ...commandSetReasons(commands),
];
