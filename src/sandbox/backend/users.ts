import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { type BackendContext, fieldsOf, Refusal, successB, timestampOf } from "./envelopes.ts";

export interface User {
  readonly id: string;
  readonly discordId: string;
  readonly createdAt: string;
  username: string;
  discordUsername: string;
  email: string;
  readonly settings: Record<string, unknown>;
}

export class Users {
  readonly #all = new Map<string, User>();

  /** @throws {Refusal} 404. */
  find(discordId: string): User {
    const user = this.#all.get(discordId);
    if (user === undefined) throw new Refusal(404, `User with Discord ID ${discordId} not found`, "USER_NOT_FOUND");
    return user;
  }

  /** @throws {Refusal} 404; 500 for what is not a UUID. */
  findById(id: string): User {
    requireUuid(id);
    const user = [...this.#all.values()].find((candidate) => candidate.id === id);
    if (user === undefined) throw new Refusal(404, `User ${id} not found`, "USER_NOT_FOUND");
    return user;
  }

  get(discordId: string): User | undefined {
    return this.#all.get(discordId);
  }

  insert(user: User): void {
    if (this.#all.has(user.discordId)) throw new Refusal(409, "discord_id already exists", "DUPLICATE_ENTRY");
    this.refuseTakenName(user.username, user.discordId);
    this.#all.set(user.discordId, user);
  }

  refuseTakenName(username: string, discordId: string): void {
    const taken = [...this.#all.values()].some((user) => user.username === username && user.discordId !== discordId);
    if (taken) throw new Refusal(409, "username already exists", "DUPLICATE_ENTRY");
  }
}

/** A database driver's complaint, 500 in either mode (`backend-contract.md` 1.2). */
export function requireUuid(id: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw new Error(`invalid input syntax for type uuid: "${id}"`);
  }
}

/** `backend-contract.md` 2.4. */
export function addUserRoutes(
  server: FastifyInstance,
  { clock }: BackendContext,
  users: Users,
  databaseTrip: () => Promise<void> = () => wait(databaseMs),
): void {
  server.get<{ Params: { discordId: string } }>("/api/v1/discord/users/:discordId", (request) => {
    const { settings, ...user } = users.find(request.params.discordId);
    return successB(clock, { ...user, isActive: true, discordSettings: settings, preferences: null });
  });

  server.post("/api/v1/discord/users", async (request, reply) => {
    const wanted = readNewUser(fieldsOf(request.body));
    const existing = users.get(wanted.discordId);
    // Between looking and inserting, concurrent first calls of one person overtake each other: one 201, the others 409.
    await databaseTrip();
    if (existing === undefined) {
      const user = { id: randomUUID(), createdAt: timestampOf(clock), settings: { ...defaultSettings }, ...wanted };
      users.insert(user);
      reply.code(201);
      return successB(clock, upsertAnswer(user, true));
    }
    users.refuseTakenName(wanted.username, wanted.discordId);
    existing.discordUsername = wanted.discordUsername;
    existing.username = wanted.username;
    return successB(clock, upsertAnswer(existing, false));
  });

  server.put<{ Params: { discordId: string } }>("/api/v1/discord/users/:discordId/settings", (request) => {
    const { discordId, settings } = users.find(request.params.discordId);
    Object.assign(settings, readSettings(fieldsOf(request.body)));
    const updatedAt = timestampOf(clock);
    return successB(clock, { discordId, settings, updatedAt, message: "Settings updated successfully" });
  });
}

/** A round trip to the database takes real time, whatever the sandbox's clock says. */
const databaseMs = 3;

const defaultSettings = {
  notificationsEnabled: true,
  enabledTimeframes: ["1h", "4h"],
  preferredPairs: ["EUR/USD", "GBP/USD", "USD/JPY"],
  minConfidence: 0.6,
  onlyMlEnhanced: true,
  maxNotificationsPerDay: 20,
  notificationCooldownMinutes: 240,
};

function readNewUser(body: Readonly<Record<string, unknown>>) {
  const { discordId, discordUsername, username = discordUsername, email } = body;
  if (!discordId) throw new Refusal(400, "Discord ID is required", "MISSING_DISCORD_ID");
  if (!username) throw new Refusal(400, "Username or discordUsername is required", "MISSING_USERNAME");
  if (typeof discordId !== "string") throw new Error("operator does not exist: character varying = bigint");
  const name = String(username);
  if (name.length < 3 || name.length > 50) throw new Error("Validation error: Validation len on username failed");
  if (!/^\w+$/.test(name)) {
    throw new Error("Validation error: Username can only contain letters, numbers, and underscores");
  }
  if (email !== undefined && !/^\S+@\S+\.\S+$/.test(String(email))) {
    throw new Error("Validation error: Validation isEmail on email failed");
  }
  return {
    discordId,
    username: name,
    discordUsername: String(discordUsername ?? username),
    email: String(email ?? `discord_${discordId}@aifx.placeholder`),
  };
}

function upsertAnswer({ id, discordId, username }: User, created: boolean) {
  const message = `User ${created ? "created" : "updated"} successfully`;
  return { userId: id, discordId, username, created, message };
}

/** Nothing is validated but what the database refuses; 0 for the two numbers is taken for "not given". */
function readSettings(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { minConfidence } = body;
  if (minConfidence !== undefined && Number.isNaN(Number(minConfidence))) {
    throw new Error(`invalid input syntax for type numeric: "${minConfidence}"`);
  }
  if (Number(minConfidence) >= 10) throw new Error("numeric field overflow");
  const falsyIsAbsent = ["maxNotificationsPerDay", "notificationCooldownMinutes"];
  const known = Object.keys(defaultSettings).filter((key) => body[key] !== undefined);
  return Object.fromEntries(
    known.filter((key) => body[key] || !falsyIsAbsent.includes(key)).map((key) => [key, body[key]]),
  );
}
