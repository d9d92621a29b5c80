// An ES module like the rest: pm2 7 loads this file with require(), and Node 20.19 and later hand it an ES module without a
// flag. What pm2 then sees are the named exports, so `apps` is exported by its name; a default export stays unseen.

/** @type {import("pm2").StartOptions[]} */
export const apps = [
  {
    name: "signalguard",
    script: "dist/main.js",
    cwd: import.meta.dirname,
    // One process per token: a second one would race the first for every interaction.
    instances: 1,
    exec_mode: "fork",
    watch: false,
    // Online means that interactions reach the bot: it says so itself. Logging in takes 2 to 3 s.
    wait_ready: true,
    listen_timeout: 30_000,
    // Longer than the bot takes to answer what is in flight (three times DRAIN_TIMEOUT_MS at most); pm2 kills at 1.6 s
    // otherwise.
    kill_timeout: 20_000,
    // A bot that dies at once is started ten times, 5 s apart, and then left for a person to look at. One that comes as far
    // as Discord waits by itself, up to five minutes, before it spends another of the 1000 session starts a day.
    min_uptime: 10_000,
    max_restarts: 10,
    restart_delay: 5_000,
    // Starting again cannot help: another instance is running (75), the configuration or the token is wrong (78). pm2
    // shows "waiting restart" then, because of restart_delay; that the pid is 0 tells that it does not wait.
    stop_exit_codes: [75, 78],
    time: false,
  },
];
