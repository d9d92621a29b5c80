import { beforeEach, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { call, asDiscordBot as headers, startBackend } from "./support.ts";

let backend: SandboxBackend;
/** Held by a test that wants several calls to be at the database at once. */
let databaseTrip: () => Promise<void>;
beforeEach(async () => {
  databaseTrip = async () => {};
  backend = await startBackend({ mode: "development", databaseTrip: () => databaseTrip() });
});
const create = (body: object) => call(backend, "POST /discord/users", { headers, body });
const discordId = "100000000000000001";

it("creates with 201 and userId, and updates with 200", async () => {
  expect(await create({ discordId, discordUsername: "alice", username: "alice" })).toMatchObject({
    status: 201,
    body: { data: { userId: expect.any(String), discordId, username: "alice", created: true } },
  });
  expect(await create({ discordId, discordUsername: "alice_new", username: "alice2" })).toMatchObject({
    status: 200,
    body: { data: { username: "alice2", created: false, message: "User updated successfully" } },
  });
  expect(await call(backend, `GET /discord/users/${discordId}`, { headers })).toMatchObject({
    status: 200,
    body: { data: { id: expect.any(String), username: "alice2", discordUsername: "alice_new", isActive: true } },
  });
});

it("lets one of several concurrent first calls win", async () => {
  const body = { discordId, discordUsername: "alice", username: "alice" };
  const looked: (() => void)[] = [];
  databaseTrip = () =>
    new Promise((resolve) => {
      looked.push(resolve);
      if (looked.length === 3) for (const insert of looked) insert();
    });
  const statuses = (await Promise.all([create(body), create(body), create(body)])).map(({ status }) => status);
  expect(statuses.sort()).toEqual([201, 409, 409]);
});

it("refuses another account's name", async () => {
  await create({ discordId, discordUsername: "alice" });
  expect(await create({ discordId: "2", discordUsername: "alice" })).toMatchObject({
    status: 409,
    body: { error: "username already exists", code: "DUPLICATE_ENTRY" },
  });
});

it.each([
  [{}, 400, "Discord ID is required"],
  [{ discordId }, 400, "Username or discordUsername is required"],
  [
    { discordId, discordUsername: "bob.smith" },
    500,
    "Validation error: Username can only contain letters, numbers, and underscores",
  ],
  [{ discordId, discordUsername: "ab" }, 500, "Validation error: Validation len on username failed"],
  [{ discordId: 1, discordUsername: "carol" }, 500, "operator does not exist: character varying = bigint"],
  [
    { discordId, discordUsername: "carol", email: "notmail" },
    500,
    "Validation error: Validation isEmail on email failed",
  ],
])("refuses %o", async (body, status, error) => {
  expect(await create(body)).toMatchObject({ status, body: { error } });
});

it("does not know people who were never created", async () => {
  expect(await call(backend, "GET /discord/users/42", { headers })).toMatchObject({
    status: 404,
    body: { error: "User with Discord ID 42 not found", code: "USER_NOT_FOUND" },
  });
});

it("stores settings unchecked, and takes 0 for absent", async () => {
  await create({ discordId, discordUsername: "alice" });
  const put = (body: object) => call(backend, `PUT /discord/users/${discordId}/settings`, { headers, body });
  expect(await put({ preferredPairs: "EUR/USD", maxNotificationsPerDay: 0, other: 1 })).toMatchObject({
    status: 200,
    body: { data: { settings: { preferredPairs: "EUR/USD", maxNotificationsPerDay: 20 } } },
  });
  expect(await put({ minConfidence: 70 })).toMatchObject({ status: 500, body: { error: "numeric field overflow" } });
});
