import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

/** The oldest that the bot is tested on (`engines` in package.json). */
const oldest = { major: 20, minor: 19 } as const;

/** When each release line with long support gets its last fix (github.com/nodejs/release); others end half a year after their first. */
const endOfLife: Readonly<Record<number, string>> = {
  20: "2026-04-30",
  21: "2024-06-01",
  22: "2027-04-30",
  23: "2025-06-01",
  24: "2028-04-30",
  25: "2026-06-01",
  26: "2029-04-30",
};
const soonMs = 90 * 24 * 60 * 60_000;

/** What runs the bot: only what this very Node is can be seen, so the doctor has to be run with the bot's. */
export const node: Check = {
  name: "node",
  needs: [],
  run: async ({ now }) => [judgeNode(process.versions.node, now())],
};

export function judgeNode(version: string, nowMs: number): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    return fail(`Node ${version} is too old`, `install ${oldest.major}.${oldest.minor} or, better, a newer line`);
  }
  const end = endOfLife[major];
  if (end === undefined) return ok(`Node ${version}`);
  const leftMs = Date.parse(end) - nowMs;
  if (leftMs < 0) return warn(`Node ${version} gets no fixes any more, since ${end}`, "install a newer line of Node");
  if (leftMs < soonMs) return warn(`Node ${version} gets fixes until ${end} only`, "plan for a newer line of Node");
  return ok(`Node ${version}, with fixes until ${end}`);
}
