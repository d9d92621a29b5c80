import type { ApiResult } from "../api-result.ts";
import { type AnswerParts, answerCallback } from "../callbacks.ts";
import { discordError } from "../errors.ts";
import type { AttemptKind, InteractionRecord } from "../interaction-record.ts";
import type { Interactions } from "../interactions.ts";
import type { ApiRequest, Method, Route } from "../route.ts";
import {
  deleteMessageOf,
  editMessageOf,
  followUp,
  getMessageOf,
  type WebhookTarget,
  webhookRefusal,
} from "../webhooks.ts";

/** The callback of an interaction and the webhook its token opens; neither needs the bot's token. */
export const interactionRoutes = (interactions: Interactions, parts: AnswerParts): readonly Route[] => {
  const ofWebhook = ({ params }: ApiRequest) =>
    params.app === parts.world.applicationId ? interactions.byToken(params.token ?? "") : undefined;

  const webhookRoute = (
    method: Method,
    suffix: string,
    attempt: AttemptKind,
    handle: (interaction: InteractionRecord, request: ApiRequest) => ApiResult,
  ): Route => ({
    method,
    template: `/webhooks/:app/:token${suffix}`,
    auth: "none",
    major: ["app", "token"],
    attempt: (request) => ofWebhook(request)?.open(attempt),
    handle: (request) => {
      if (request.params.app !== parts.world.applicationId) return discordError(10015);
      const interaction = ofWebhook(request);
      const refusal = webhookRefusal(interaction);
      if (refusal !== undefined || interaction === undefined) return refusal ?? discordError(50027);
      return handle(interaction, request);
    },
  });

  const messageRoutes = (suffix: string, target: (request: ApiRequest) => WebhookTarget): readonly Route[] => [
    webhookRoute("GET", suffix, "get", (interaction, request) => getMessageOf(interaction, target(request), parts)),
    webhookRoute("PATCH", suffix, "edit", (interaction, request) =>
      editMessageOf(interaction, target(request), request, parts),
    ),
    webhookRoute("DELETE", suffix, "delete", (interaction, request) =>
      deleteMessageOf(interaction, target(request), parts),
    ),
  ];

  return [
    {
      method: "POST",
      template: "/interactions/:id/:token/callback",
      auth: "none",
      major: ["id", "token"],
      attempt: ({ params, body }) => interactionOf(interactions, params)?.open("callback", callbackType(body)),
      handle: ({ params, body, files, query }) => {
        const interaction = interactionOf(interactions, params);
        if (interaction === undefined) return discordError(10062);
        return answerCallback(interaction, { body, files, withResponse: query.get("with_response") === "true" }, parts);
      },
    },
    webhookRoute("POST", "", "followUp", (interaction, request) => followUp(interaction, request, parts)),
    ...messageRoutes("/messages/@original", () => "@original"),
    ...messageRoutes("/messages/:message", ({ params }) => params.message ?? ""),
  ];
};

const interactionOf = (interactions: Interactions, params: ApiRequest["params"]): InteractionRecord | undefined => {
  const interaction = interactions.byId(params.id ?? "");
  return interaction?.token === params.token ? interaction : undefined;
};

const callbackType = (body: unknown): number | undefined =>
  typeof body === "object" && body !== null && "type" in body && typeof body.type === "number" ? body.type : undefined;
