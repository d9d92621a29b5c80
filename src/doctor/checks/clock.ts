import { setTimeout as sleep } from "node:timers/promises";
import { Routes } from "discord-api-types/v10";
import { systemClock } from "../../clock.ts";
import { DiscordClock } from "../../interactions/index.ts";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, fail, ok, warn } from "../finding.ts";

/** Discord tells whole seconds, so several looks at different parts of one are laid over one another. */
const looks = 4;
const betweenLooksMs = 300;

/** Ages are corrected by the bot, everything else on the machine is not (`discord-facts.md` 6), ms. */
const doubtfulMs = 500;
const wrongMs = 60_000;

/** This machine's clock against Discord's. */
export const clock: Check = {
  name: "clock",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const discordClock = new DiscordClock(systemClock);
    const sampleDate = discordClock.sampleDate.bind(discordClock);
    for (let nth = 0; nth < looks; nth += 1) {
      if (nth > 0) await sleep(betweenLooksMs);
      const asked = await askDiscord(discord, Routes.gateway(), { auth: false, sampleDate });
      if (asked.kind !== "answered") return [notKnown(asked)];
    }
    const { offsetMs, trusted, uncertaintyMs } = discordClock.offset();
    if (!trusted) return [warn("Discord's time could not be read", "look again; a proxy may answer in its place")];
    const says =
      offsetMs === 0
        ? `the same as Discord's, to within ${(uncertaintyMs / 1000).toFixed(1)} s`
        : `${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs > 0 ? "ahead of" : "behind"} Discord's`;
    const todo = "set this machine's clock: timedatectl set-ntp true";
    if (Math.abs(offsetMs) > wrongMs) return [fail(says, todo)];
    return [Math.abs(offsetMs) > doubtfulMs ? warn(says, todo) : ok(says)];
  },
};
