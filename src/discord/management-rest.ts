import { REST } from "@discordjs/rest";
import { type RestSettings, restOptions } from "../interactions/rest.ts";

/** A REST client for what is neither an answer nor a delivery: registration, and the gateway's address. */
export const createManagementRest = (settings: RestSettings, token: string): REST =>
  new REST(restOptions(settings)).setToken(token);
