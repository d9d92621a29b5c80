import { ConfigError, readConfig } from "../../config.ts";
import { type Check, fail, ok, warn } from "../finding.ts";

/** Every variable, as the bot would read it. */
export const configuration: Check = {
  name: "configuration",
  needs: [],
  async run({ env }) {
    try {
      const config = readConfig(env, { terminal: false });
      if (config.instanceMode !== "off") return [ok("every variable can be used")];
      return [
        warn(
          "INSTANCE_MODE=off: nothing keeps a second process out",
          "set INSTANCE_MODE=lock, unless several processes are wanted",
        ),
      ];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.map((problem) => fail(problem, "set it in .env or the environment; see .env.example"));
    }
  },
};
