import type { ApiResult } from "../api-result.ts";
import type { ApplicationCommands } from "../application-commands.ts";
import { discordError } from "../errors.ts";
import type { ApiRequest, Method, Route } from "../route.ts";
import type { World } from "../world.ts";

/** Registering commands, globally and for the guild. */
export const commandRoutes = (commands: ApplicationCommands, world: World): readonly Route[] => {
  const scopes = [
    { prefix: "/applications/:app/commands", major: [] },
    { prefix: "/applications/:app/guilds/:guild/commands", major: ["guild"] },
  ];
  return scopes.flatMap(({ prefix, major }) => {
    const route = (method: Method, suffix: string, handle: (request: ApiRequest) => ApiResult): Route => ({
      method,
      template: `${prefix}${suffix}`,
      auth: "bot",
      major,
      handle: (request) => {
        const { app, guild } = request.params;
        if (app !== world.applicationId) return notYourApplication;
        if (guild !== undefined && guild !== world.guildId) return discordError(10004);
        return handle(request);
      },
    });
    const id = ({ params }: ApiRequest) => params.id ?? "";
    const guildOf = ({ params }: ApiRequest) => params.guild;
    return [
      route("GET", "", (request) =>
        commands.list(guildOf(request), { withLocalizations: request.query.get("with_localizations") === "true" }),
      ),
      route("POST", "", (request) => commands.create(guildOf(request), request.body)),
      route("PUT", "", (request) => commands.bulkOverwrite(guildOf(request), request.body)),
      route("GET", "/:id", (request) => commands.get(guildOf(request), id(request))),
      route("PATCH", "/:id", (request) => commands.update(guildOf(request), id(request), request.body)),
      route("DELETE", "/:id", (request) => commands.remove(guildOf(request), id(request))),
    ];
  });
};

const notYourApplication: ApiResult = {
  status: 403,
  body: { code: 20012, message: "You are not authorized to perform this action on this application" },
};
