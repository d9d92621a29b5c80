import { GatewayDispatchEvents } from "discord-api-types/v10";
import { systemClock } from "../../clock.ts";
import { announceMessages } from "./announcements.ts";
import type {
  InteractionFaults,
  InteractionInput,
  RequestRecord,
  SandboxDiscord,
  SandboxDiscordOptions,
  SandboxPerson,
  Violation,
} from "./api.ts";
import { ApplicationCommands } from "./application-commands.ts";
import { controlRoutes } from "./control.ts";
import { DirectMessages } from "./direct-messages.ts";
import { RouteFaults } from "./faults.ts";
import { Gateway } from "./gateway.ts";
import { createHttpServer } from "./http-server.ts";
import { IdentifyLimit } from "./identify-limit.ts";
import { Interactions } from "./interactions.ts";
import { MessageBook } from "./message-book.ts";
import { RateLimits } from "./rate-limits.ts";
import { interactionHandle, reportOf } from "./reports.ts";
import { channelRoutes } from "./routes/channels.ts";
import { commandRoutes } from "./routes/commands.ts";
import { identityRoutes } from "./routes/identity.ts";
import { interactionRoutes } from "./routes/interactions.ts";
import { SandboxClock } from "./sandbox-clock.ts";
import { SnowflakeSource } from "./snowflake.ts";
import { World } from "./world.ts";

export type * from "./api.ts";

/** Starts a sandbox Discord on 127.0.0.1; it listens when the promise resolves. Ends with `close()`. */
export const startSandboxDiscord = async (options: SandboxDiscordOptions = {}): Promise<SandboxDiscord> => {
  const clock = new SandboxClock(options.clock ?? systemClock);
  clock.setOffset(options.clockOffsetMs ?? 0);
  const now = () => clock.now();
  const snowflakes = new SnowflakeSource(now);
  const world = new World(snowflakes, now, options);
  const directMessages = new DirectMessages({ snowflakes, now, bot: world.bot });
  const book = new MessageBook(directMessages, now);
  const commands = new ApplicationCommands({ snowflakes, now, applicationId: world.applicationId });
  const interactions = new Interactions({ clock, world, snowflakes, directMessages, commands, book });
  const shards = options.shards ?? 1;
  const identifies = new IdentifyLimit(clock, options.identifiesRemaining);
  const gateway = new Gateway({
    clock,
    world,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    identifies,
    recommendedShards: shards,
    privilegedIntents: options.privilegedIntents ?? 0,
  });
  const faults = new RouteFaults();
  const requests: RequestRecord[] = [];
  const violations: Violation[] = [];
  const server = createHttpServer({
    clock,
    world,
    faults,
    rateLimits: new RateLimits(clock, options.rateLimits),
    requests,
    violations,
    routes: [
      ...identityRoutes({ world, identifies, directMessages, shards }),
      ...interactionRoutes(interactions, { world, book, snowflakes }),
      ...channelRoutes({ world, directMessages, book, snowflakes }),
      ...commandRoutes(commands, world),
    ],
  });

  const addPerson: SandboxDiscord["addPerson"] = (person = {}) => {
    const id = person.id ?? snowflakes.next();
    const username = person.username ?? `person${id.slice(-4)}`;
    const added: SandboxPerson = {
      id,
      username,
      displayName: person.displayName ?? username,
      locale: person.locale ?? "en-US",
      dms: person.dms ?? "open",
    };
    directMessages.addPerson(added);
    return added;
  };

  const interact = (input: InteractionInput, faultsOfIt: InteractionFaults = {}) => {
    const { interaction, event, guildId } = interactions.create(input, faultsOfIt);
    const dispatch = () =>
      gateway.dispatch(
        GatewayDispatchEvents.InteractionCreate,
        event,
        {
          intents: 0,
          ...(guildId === undefined ? {} : { guildId }),
          ...(faultsOfIt.onlySession === undefined ? {} : { onlySession: faultsOfIt.onlySession }),
        },
        ({ sessionId, replayed }) => interaction.delivered(sessionId, replayed),
      );
    const deliver = () => {
      if (faultsOfIt.dropGatewayFirst) gateway.drop();
      dispatch();
      if (faultsOfIt.duplicateAfterMs !== undefined) clock.schedule(faultsOfIt.duplicateAfterMs, dispatch);
    };
    if (faultsOfIt.deliverAfterMs === undefined) deliver();
    else clock.schedule(faultsOfIt.deliverAfterMs, deliver);
    return interactionHandle(interaction, book);
  };

  const known = (interactionId: string) => {
    const interaction = interactions.byId(interactionId);
    if (interaction === undefined) throw new RangeError(`There is no interaction ${interactionId}.`);
    return interaction;
  };

  const sandbox: SandboxDiscord = {
    get apiUrl() {
      return `http://127.0.0.1:${world.port}/api`;
    },
    get controlUrl() {
      return `http://127.0.0.1:${world.port}/sandbox`;
    },
    get botToken() {
      return world.botToken;
    },
    applicationId: world.applicationId,
    guildId: world.guildId,
    channelId: world.channelId,
    addPerson,
    setDms: (personId, dms) => directMessages.setDms(personId, dms),
    interact,
    report: (interactionId) => reportOf(known(interactionId), book),
    reports: () => interactions.all.map((interaction) => reportOf(interaction, book)),
    directMessages: (personId) => directMessages.messages(personId),
    channelMessages: () => book.messages(world.channelId),
    nextDirectMessage: (personId, after) => nextDirectMessage(directMessages, personId, after),
    addRouteFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    dropGateway: (drop) => gateway.drop(drop),
    requestHeartbeat: () => gateway.requestHeartbeat(),
    gatewayReady: (count = 1) => gateway.ready(count),
    get sessions() {
      return gateway.sessions;
    },
    get identifiesRemaining() {
      return identifies.remaining;
    },
    setClockOffset: (offsetMs) => clock.setOffset(offsetMs),
    commands: (guildId) =>
      guildId === undefined ? [...commands.all(), ...commands.all(world.guildId)] : commands.all(guildId),
    requests,
    violations,
    close: async () => {
      clock.stop();
      gateway.close();
      await server.close();
    },
  };

  announceMessages(book, gateway, world);
  await server.register(controlRoutes(sandbox), { prefix: "/sandbox" });
  server.server.on("upgrade", (request, socket, head) => gateway.upgrade(request, socket, head));
  await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  const address = server.server.address();
  world.listenOn(typeof address === "object" && address !== null ? address.port : 0);
  return sandbox;
};

/** The message at index `after` of those received, now or when it comes. */
const nextDirectMessage = (
  directMessages: DirectMessages,
  personId: string,
  after = directMessages.messages(personId).length,
): ReturnType<SandboxDiscord["nextDirectMessage"]> =>
  new Promise((resolve) => {
    const received = directMessages.messages(personId)[after];
    if (received !== undefined) return resolve(received);
    const stop = directMessages.onMessage((receiver) => {
      const message = receiver === personId ? directMessages.messages(personId)[after] : undefined;
      if (message === undefined) return;
      stop();
      resolve(message);
    });
  });
