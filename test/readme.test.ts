import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { environmentVariables } from "../src/config.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = read("README.md");

it("describes every variable of the configuration", () => {
  expect(environmentVariables.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
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
  const logged = read("src/operations/event-log.ts") + read("src/app.ts");
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((line) => !logged.includes(`"${line}`))).toEqual([]);
});
