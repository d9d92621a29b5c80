import * as z from "zod";
import type { ApiResult } from "../api-result.ts";
import type { DirectMessages } from "../direct-messages.ts";
import { discordError, invalidFormBody } from "../errors.ts";
import type { MessageBook } from "../message-book.ts";
import { readPage } from "../message-page.ts";
import type { ApiRequest, Route } from "../route.ts";
import type { SnowflakeSource } from "../snowflake.ts";
import { type BodyKind, validateBody } from "../validation.ts";
import type { World } from "../world.ts";

export interface ChannelParts {
  readonly world: World;
  readonly directMessages: DirectMessages;
  readonly book: MessageBook;
  readonly snowflakes: SnowflakeSource;
}

/** The bot's own messages: to people and to the guild's channel. */
export const channelRoutes = ({ world, directMessages, book, snowflakes }: ChannelParts): readonly Route[] => {
  const channel = ({ params }: ApiRequest) => params.id ?? "";
  const message = ({ params }: ApiRequest) => params.message ?? "";
  const postInGuild = checked("channelMessage", ({ body, files }) => {
    const message = book.create(body, { id: snowflakes.next(), channelId: world.channelId, author: world.bot, files });
    return book.get(message.id);
  });
  /** A message only answers under the channel it is in. */
  const inChannel = (request: ApiRequest, then: (messageId: string) => ApiResult): ApiResult => {
    const found = directMessages.getChannel(channel(request)).status === 200 || channel(request) === world.channelId;
    if (!found) return discordError(10003);
    if (book.api(message(request))?.channel_id !== channel(request)) return discordError(10008);
    return then(message(request));
  };
  return [
    {
      method: "POST",
      template: "/users/@me/channels",
      auth: "bot",
      handle: checked("createDm", ({ body }) => directMessages.openChannel(recipient.parse(body).recipient_id)),
    },
    {
      method: "GET",
      template: "/channels/:id",
      auth: "bot",
      major: ["id"],
      handle: (request) =>
        channel(request) === world.channelId
          ? { status: 200, body: world.channel() }
          : directMessages.getChannel(channel(request)),
    },
    {
      method: "POST",
      template: "/channels/:id/messages",
      auth: "bot",
      major: ["id"],
      handle: (request) =>
        channel(request) === world.channelId
          ? postInGuild(request)
          : directMessages.send(channel(request), request.body, request.files),
    },
    {
      method: "GET",
      template: "/channels/:id/messages",
      auth: "bot",
      major: ["id"],
      handle: (request) => {
        const page = readPage(request.query);
        if ("status" in page) return page;
        const place = channel(request) === world.channelId ? book : directMessages;
        return place.list(channel(request), page);
      },
    },
    {
      method: "GET",
      template: "/channels/:id/messages/:message",
      auth: "bot",
      major: ["id"],
      handle: (request) => inChannel(request, (id) => book.get(id)),
    },
    {
      method: "PATCH",
      template: "/channels/:id/messages/:message",
      auth: "bot",
      major: ["id"],
      handle: checked("channelMessageEdit", (request) =>
        inChannel(request, (id) => book.edit(id, request.body, request.files)),
      ),
    },
    {
      method: "DELETE",
      template: "/channels/:id/messages/:message",
      auth: "bot",
      major: ["id"],
      handle: (request) => inChannel(request, (id) => book.remove(id)),
    },
  ];
};

const recipient = z.object({ recipient_id: z.coerce.string() });

/** Refuses a body Discord would not take before anything else happens. */
const checked =
  (kind: BodyKind, handle: Route["handle"]): Route["handle"] =>
  (request) => {
    const violations = validateBody(kind, request.body, { hasFiles: request.files.length > 0 });
    return violations.length > 0 ? { ...invalidFormBody(violations), violations } : handle(request);
  };
