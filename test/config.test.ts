import { readFileSync } from "node:fs";
import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { ConfigError, environmentVariables, readConfig, readDiscordConfig } from "../src/config.ts";

const required = {
  DISCORD_BOT_TOKEN: "a-token-of-some-length",
  DISCORD_CLIENT_ID: "123456789012345678",
  BACKEND_API_KEY: "a-backend-key",
};
const terminal = { terminal: true };

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env, terminal);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("was accepted");
}

describe("the configuration", () => {
  it("needs three variables and has a default for every other one", () => {
    expect(readConfig(required, terminal)).toMatchObject({
      discord: { apiUrl: "https://discord.com/api", guildId: undefined },
      backend: { url: "http://localhost:3000" },
      redis: { url: "redis://localhost:6379", db: 2 },
      http: { host: "127.0.0.1", port: 3001 },
      instanceMode: "lock",
      sessions: { resume: true, identifyReserve: 50 },
    });
  });

  it("names every problem at once, with what is expected, and never a value", () => {
    const problems = problemsOf({
      DISCORD_CLIENT_ID: "my bot",
      BACKEND_API_URL: "http://host/api/v1",
      BACKEND_API_KEY: "k",
      REDIS_URL: "http://host",
      HTTP_PORT: "70000",
      LOG_LEVEL: "loud",
      INSTANCE_MODE: "many",
    });
    expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual([
      "BACKEND_API_URL",
      "DISCORD_BOT_TOKEN",
      "DISCORD_CLIENT_ID",
      "HTTP_PORT",
      "INSTANCE_MODE",
      "LOG_LEVEL",
      "REDIS_URL",
    ]);
    expect(problems.join("\n")).not.toMatch(/my bot|70000|loud|many|api\/v1/);
  });

  it("takes an empty value for an absent one", () => {
    expect(problemsOf({ ...required, BACKEND_API_KEY: "  " })).toEqual([
      "BACKEND_API_KEY: is missing: expected the backend's key for the bot",
    ]);
    expect(readConfig({ ...required, DISCORD_GUILD_ID: "" }, terminal).discord.guildId).toBeUndefined();
  });

  it("says both limits of a number, whatever is wrong with it", () => {
    for (const wrong of ["30s", "1.5", "-1", "7000"]) {
      expect(problemsOf({ ...required, DRAIN_TIMEOUT_MS: wrong })).toEqual([
        "DRAIN_TIMEOUT_MS: expected a whole number of milliseconds from 0 to 6000",
      ]);
    }
  });

  it("takes 0 as an allowance without a limit", () => {
    expect(readConfig(required, terminal).allowance).toEqual({
      commandsPerMinute: 20,
      buttonsPerMinute: 40,
      suggestionsPerMinute: 200,
    });
    expect(readConfig({ ...required, COMMANDS_PER_MINUTE: "0" }, terminal).allowance.commandsPerMinute).toBe(0);
    expect(problemsOf({ ...required, BUTTONS_PER_MINUTE: "-1" })).toEqual([
      "BUTTONS_PER_MINUTE: expected a whole number of uses from 0 to 10000",
    ]);
  });

  it("has a lease of client-go's times, in any mode", () => {
    const config = readConfig({ ...required, INSTANCE_MODE: "lease" }, terminal);
    expect(config.instanceMode).toBe("lease");
    expect(config.lease).toEqual({ durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 });
  });

  it("says which times of a lease do not go together, beside everything else that is wrong", () => {
    const times = { LEASE_DURATION_MS: "10000", LEASE_RENEW_DEADLINE_MS: "10000", LEASE_RETRY_MS: "8400" };
    expect(problemsOf({ ...required, ...times, HTTP_PORT: "x" })).toEqual([
      "HTTP_PORT: expected a port from 0 to 65535",
      "LEASE_RENEW_DEADLINE_MS: expected less than LEASE_DURATION_MS, or two processes might lead at once",
      "LEASE_RETRY_MS: expected less than LEASE_RENEW_DEADLINE_MS divided by 1.2",
    ]);
    expect(problemsOf({ ...required, ...times, LEASE_RETRY_MS: "soon" })).toEqual([
      "LEASE_RETRY_MS: expected a whole number of milliseconds from 50 to 60000",
    ]);
  });

  it("takes 0 as a port that is free", () => {
    expect(readConfig({ ...required, HTTP_PORT: "0" }, terminal).http.port).toBe(0);
  });

  it("accepts a token with its prefix, and an address with a slash at its end", () => {
    const config = readConfig(
      {
        ...required,
        DISCORD_BOT_TOKEN: "Bot abcdefgh",
        DISCORD_API_URL: "http://127.0.0.1:1/api/",
        BACKEND_API_URL: "http://b/",
      },
      terminal,
    );
    expect(config.discord).toMatchObject({ token: "abcdefgh", apiUrl: "http://127.0.0.1:1/api" });
    expect(config.backend.url).toBe("http://b");
  });

  it("knows which of its values are secret, the password inside an address too", () => {
    const config = readConfig({ ...required, REDIS_URL: "redis://u:p%40ssword@host" }, terminal);
    expect(config.secrets).toEqual(expect.arrayContaining(["a-token-of-some-length", "a-backend-key", "p@ssword"]));
  });

  it("asks for less when only commands are registered", () => {
    const { BACKEND_API_KEY: _, ...discord } = required;
    expect(readDiscordConfig(discord).applicationId).toBe("123456789012345678");
    expect(() => readDiscordConfig({})).toThrow(ConfigError);
  });

  it("is described in .env.example, variable by variable, with the defaults it has", () => {
    const example = parse(readFileSync(new URL("../.env.example", import.meta.url)));
    expect(Object.keys(example).sort()).toEqual([...environmentVariables].sort());
    expect(readConfig({ ...example, ...required }, terminal)).toEqual(readConfig(required, terminal));
  });
});
