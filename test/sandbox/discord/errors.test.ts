import { expect, it } from "vitest";
import {
  discordError,
  invalidFormBody,
  methodNotAllowed,
  unauthorized,
  unknownRoute,
} from "../../../src/sandbox/discord/errors.ts";

const statuses: readonly (readonly [code: number, status: number])[] = [
  [10003, 404],
  [10004, 404],
  [10008, 404],
  [10013, 404],
  [10015, 404],
  [10062, 404],
  [10063, 404],
  [20026, 403],
  [30032, 400],
  [30034, 400],
  [40003, 403],
  [40060, 400],
  [40094, 400],
  [50006, 400],
  [50007, 403],
  [50027, 401],
  [50035, 400],
  [50109, 400],
  [50278, 403],
];

it.each(statuses)(
  "answers code %i with status %i and says what it means [discord-facts.md 1.4, 4.1]",
  (code, status) => {
    const error = discordError(code);
    expect(error.status).toBe(status);
    expect(error.body).toEqual({ code, message: expect.stringMatching(/\w{3}/) });
  },
);

it("refuses to make up an error that Discord does not have", () => {
  expect(() => discordError(12345)).toThrow(RangeError);
});

it("lets a fault say something else under the same code", () => {
  expect(discordError(50035, { message: "Other", errors: { a: 1 } }).body).toEqual({
    code: 50035,
    message: "Other",
    errors: { a: 1 },
  });
});

it("answers what is wrong by status alone with code 0", () => {
  expect([unauthorized(), unknownRoute(), methodNotAllowed()]).toEqual([
    { status: 401, body: { code: 0, message: "401: Unauthorized" } },
    { status: 404, body: { code: 0, message: "404: Not Found" } },
    { status: 405, body: { code: 0, message: "405: Method Not Allowed" } },
  ]);
});

it("builds the tree of errors that discord.js flattens into its message [discord-facts.md 1.4]", () => {
  const { status, body } = invalidFormBody(["embeds.0.title: too long", "embeds.0.title: odd", "nonsense"]);
  const entry = (message: string) => ({ code: expect.any(String), message });
  expect(status).toBe(400);
  expect(body.errors).toEqual({
    embeds: { 0: { title: { _errors: [entry("too long"), entry("odd")] } } },
    _errors: [entry("nonsense")],
  });
});
