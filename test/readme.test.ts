import { readFileSync } from "node:fs";
import { ApplicationCommandOptionType } from "discord-api-types/v10";
import { expect, it } from "vitest";
import { commandDefinitions } from "../src/commands/index.ts";
import { environmentVariables } from "../src/config.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = read("README.md");

it("describes every variable of the configuration", () => {
  expect(environmentVariables.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

it("lists every command with its subcommands, and no other", () => {
  const [, table = ""] = /\| command \| who sees the answer \| \|\n\|-\|-\|-\|\n([\s\S]*?)\n\n/.exec(readme) ?? [];
  const listed = [...table.matchAll(/^\| ((?:[^|\\]|\\\|)*) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`\/(\w+)(?: ([\w\\|]+))?/g)].map(([, name = "", rest = ""]) => ({ name, rest })),
  );
  expect(listed.map(({ name }) => name).sort()).toEqual(commandDefinitions.map(({ name }) => name).sort());
  for (const { name, options = [] } of commandDefinitions) {
    const subcommands = options.filter(({ type }) => type === ApplicationCommandOptionType.Subcommand);
    if (subcommands.length === 0) continue;
    const rest = listed.find((one) => one.name === name)?.rest;
    expect(rest).toBe(subcommands.map((subcommand) => subcommand.name).join("\\|"));
  }
});

it("names only scripts that there are", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read("package.json"));
  const named = [...readme.matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)/g)].map(([, name = ""]) => name);
  const npmsOwn = ["ci", "install", "pack", "run"];
  expect(named.filter((name) => !(name in scripts) && !npmsOwn.includes(name))).toEqual([]);
});

it("quotes log lines as they are logged", () => {
  const [, table = ""] = /\| log line \| means \|\n([\s\S]*?)\n\n/.exec(readme) ?? [];
  const quoted = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, line = ""]) => line),
  );
  const logged = read("src/operations/event-log.ts") + read("src/app-leader.ts");
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((line) => !logged.includes(`"${line}`))).toEqual([]);
});
