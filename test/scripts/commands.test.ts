import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandDefinitions } from "../../src/commands/index.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { findFreePort } from "../support/free-port.ts";
import { inRepository, type ProgramResult, runProgram, runScript } from "../support/run-program.ts";

const names = commandDefinitions.map(({ name }) => name);
const wrongToken = "a-token-that-is-wrong";

describe("npm run commands", { timeout: 60_000 }, () => {
  let discord: SandboxDiscord;

  beforeEach(async () => {
    discord = await startSandboxDiscord();
  });

  afterEach(() => discord.close());

  const environment = (): Record<string, string> => ({
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_BOT_TOKEN: discord.botToken,
    DISCORD_CLIENT_ID: discord.applicationId,
    DISCORD_GUILD_ID: discord.guildId,
  });
  const run = async (command: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> => {
    const result = await runScript("commands.ts", command.split(" "), { env: { ...environment(), ...env } });
    for (const token of [discord.botToken, wrongToken]) expect(result.stdout + result.stderr).not.toContain(token);
    return result;
  };
  const writes = (): number => discord.requests.filter(({ method }) => method !== "GET").length;
  const register = (definitions: readonly { name: string; description: string }[]) => {
    const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
    return deploy(rest, { applicationId: discord.applicationId, guildId: discord.guildId }, definitions);
  };

  it("lists what differs in the guild, deploys it, then finds nothing to send, and clears it", async () => {
    await register([
      { name: "ping", description: "Another description" },
      { name: "old", description: "From an earlier version" },
    ]);
    const listed = await run("list");
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    for (const { name, id, version } of discord.commands(discord.guildId)) {
      expect(listed.stdout).toContain(`/${name}  id ${id}  version ${version}`);
    }
    expect(listed.stdout).toMatch(/\/ping: differs/);
    expect(listed.stdout).toMatch(/\/old: is registered but not part of this version/);
    expect(listed.stdout).toMatch(/\/signal: is not registered/);

    const before = writes();
    const deployed = await run("deploy");
    expect(deployed).toMatchObject({ code: 0, stderr: "" });
    for (const change of ["/ping: changed", "/old: removed", "/signal: added"]) {
      expect(deployed.stdout).toContain(`  ${change}\n`);
    }
    expect(deployed.stdout).toContain(`Deployed ${names.length} commands in guild ${discord.guildId}.`);
    expect(discord.commands(discord.guildId).map(({ name }) => name)).toEqual(names);
    expect(writes()).toBe(before + 1);

    const unchanged = `Nothing changed in guild ${discord.guildId}: ${names.length} commands.\n`;
    expect(await run("deploy")).toEqual({ code: 0, stdout: unchanged, stderr: "" });
    expect(writes()).toBe(before + 1);

    const removed = `Removed ${names.length} commands in guild ${discord.guildId}.\n`;
    expect(await run("clear")).toEqual({ code: 0, stdout: removed, stderr: "" });
    expect(discord.commands(discord.guildId)).toEqual([]);
  });

  it("deploys and clears globally, leaves the guild alone, and says when people see commands twice", async () => {
    await register([{ name: "ping", description: "Here?" }]);
    const deployed = await run("deploy --global");
    expect(deployed.code).toBe(0);
    expect(deployed.stdout).toContain(`Deployed ${names.length} commands globally.`);
    const { stdout } = await run("list");
    expect(stdout).toContain(`${names.length} commands globally`);
    expect(stdout).toContain("people see these commands twice");
    const removed = `Removed ${names.length} commands globally.\n`;
    expect(await run("clear --global")).toEqual({ code: 0, stdout: removed, stderr: "" });
    expect(discord.commands().map(({ name }) => name)).toEqual(["ping"]);
  });

  it("works by the names in package.json, and globally without a guild", async () => {
    const env = { ...environment(), DISCORD_GUILD_ID: "" };
    const npm = (script: string) => runProgram("npm", ["run", "--silent", script], { env, cwd: inRepository("") });
    const { code, stdout } = await npm("commands:deploy");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("commands globally.") });
    const { scripts } = JSON.parse(readFileSync(inRepository("package.json"), "utf8"));
    for (const name of ["deploy", "list", "clear"])
      expect(scripts[`commands:${name}`]).toBe(`tsx scripts/commands.ts ${name}`);
  });

  it("names every problem of the configuration, and ends with 78", async () => {
    const { code, stdout, stderr } = await run("deploy", {
      DISCORD_BOT_TOKEN: "",
      DISCORD_CLIENT_ID: "my-application",
      DISCORD_API_URL: "discord",
    });
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const name of ["DISCORD_BOT_TOKEN", "DISCORD_CLIENT_ID", "DISCORD_API_URL"]) expect(stderr).toContain(name);
    expect(stderr).not.toContain("my-application");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says in a sentence what Discord did not like, and ends with 1", async () => {
    const unreachable = `http://127.0.0.1:${await findFreePort()}/api`;
    const [token, client, network] = await Promise.all([
      run("deploy", { DISCORD_BOT_TOKEN: wrongToken }),
      run("list", { DISCORD_GUILD_ID: "123456789012345678" }),
      run("clear", { DISCORD_API_URL: unreachable }),
    ]);
    expect(token).toEqual({ code: 1, stdout: "", stderr: "Discord does not accept DISCORD_BOT_TOKEN.\n" });
    expect(client).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(Discord does not know|The application is not)/),
    });
    expect(network).toMatchObject({ code: 1, stderr: expect.stringContaining("Discord cannot be reached") });
    expect(writes()).toBe(0);
  });
});
