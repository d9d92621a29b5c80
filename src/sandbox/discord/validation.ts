export type BodyKind =
  | "webhookMessageEdit"
  | "followUp"
  | "channelMessage"
  | "channelMessageEdit"
  | "createDm"
  | "command"
  | "commandPatch"
  | "commandBulk";

export type CallbackInteractionKind = "command" | "autocomplete" | "button" | "select" | "modal";

export interface ValidationOptions {
  /** Whether the request carries files beside its JSON, so that a message without text is not empty. */
  readonly hasFiles?: boolean;
}

/** Why Discord would refuse this body with 400/50035; empty when it would not. Each reason names its path. */
export const validateBody = (
  _kind: BodyKind,
  _body: unknown,
  _options: ValidationOptions = {},
): readonly string[] => [];

/** The same for POST /interactions/:id/:token/callback. */
export const validateCallback = (
  _body: unknown,
  _interactionKind: CallbackInteractionKind,
  _options: ValidationOptions = {},
): readonly string[] => [];
