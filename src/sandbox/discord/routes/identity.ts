import type { DirectMessages } from "../direct-messages.ts";
import { discordError } from "../errors.ts";
import type { IdentifyLimit } from "../identify-limit.ts";
import type { Route } from "../route.ts";
import type { World } from "../world.ts";

export interface IdentityParts {
  readonly world: World;
  readonly identifies: IdentifyLimit;
  readonly directMessages: DirectMessages;
  /** Recommended. */
  readonly shards: number;
}

/** Who the bot is, where its gateway is, and the guild it is in. */
export const identityRoutes = ({ world, identifies, directMessages, shards }: IdentityParts): readonly Route[] => [
  {
    method: "GET",
    template: "/gateway",
    auth: "none",
    handle: () => ({ status: 200, body: { url: world.gatewayUrl() } }),
  },
  {
    method: "GET",
    template: "/gateway/bot",
    auth: "bot",
    handle: () => ({
      status: 200,
      body: {
        url: world.gatewayUrl(),
        shards,
        session_start_limit: {
          total: identifies.total,
          remaining: identifies.remaining,
          reset_after: identifies.resetAfterMs,
          max_concurrency: 1,
        },
      },
    }),
  },
  read("/users/@me", () => ({ status: 200, body: world.botSelf() })),
  read("/users/:id", ({ params }) => {
    const person = directMessages.person(params.id ?? "");
    return person === undefined ? discordError(10013) : { status: 200, body: world.user(person) };
  }),
  read("/applications/@me", () => ({ status: 200, body: world.application() })),
  read("/oauth2/applications/@me", () => ({ status: 200, body: world.application() })),
  read("/users/@me/guilds", () => ({ status: 200, body: [world.guild()] })),
  read("/guilds/:id/channels", ({ params }) =>
    params.id === world.guildId ? { status: 200, body: [world.channel()] } : discordError(10004),
  ),
  read("/guilds/:id", ({ params }) =>
    params.id === world.guildId ? { status: 200, body: world.guild() } : discordError(10004),
  ),
];

const read = (template: string, handle: Route["handle"]): Route => ({
  method: "GET",
  template,
  auth: "bot",
  major: template.startsWith("/guilds") ? ["id"] : [],
  handle,
});
