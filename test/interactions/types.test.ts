import { describe, expectTypeOf, it } from "vitest";
import type {
  Answer,
  AtOnceCommand,
  AutocompleteRequest,
  Choice,
  Command,
  CommandContext,
  Component,
  ComponentContext,
  Modal,
  ModalCommand,
  ModalSubmit,
  ModalSubmitContext,
  Progress,
  WithinCommand,
} from "../../src/interactions/index.ts";

/** Checked by the type checker (`npm run types`): what a mode forbids does not compile. */
describe("what a way of acknowledging forbids does not compile", () => {
  type Returned<T extends { execute(context: never): unknown }> = Awaited<ReturnType<T["execute"]>>;
  type Given<T extends { execute(context: never): unknown }> = Parameters<T["execute"]>[0];

  it("a modal after a defer", () => {
    expectTypeOf<Modal>().not.toExtend<Returned<AtOnceCommand>>();
    expectTypeOf<Modal>().not.toExtend<Returned<WithinCommand>>();
    expectTypeOf<Modal>().not.toExtend<Returned<Extract<Component, { acknowledge: "update" }>>>();
  });

  it("an answer instead of the modal, and a modal opened by a modal", () => {
    expectTypeOf<Answer>().not.toExtend<Returned<ModalCommand>>();
    expectTypeOf<ModalSubmit["acknowledge"]>().not.toExtend<"modal">();
    expectTypeOf<"modal">().not.toExtend<ModalSubmit["acknowledge"]>();
  });

  it("progress where nothing has been acknowledged yet", () => {
    expectTypeOf<Given<AtOnceCommand>>().toExtend<Progress>();
    expectTypeOf<Given<WithinCommand>>().not.toHaveProperty("show");
    expectTypeOf<Given<ModalCommand>>().not.toHaveProperty("show");
    expectTypeOf<Given<Extract<Component, { acknowledge: "updateWithin" }>>>().not.toHaveProperty("show");
  });

  it("something that changes things before it is acknowledged and claimed", () => {
    expectTypeOf<{ effect: "writes" }>().not.toExtend<Pick<WithinCommand, "effect">>();
    expectTypeOf<Pick<WithinCommand, "effect">>().toEqualTypeOf<{ readonly effect: "reads" }>();
    expectTypeOf<"writes">().not.toExtend<Extract<Component, { acknowledge: "within" }>["effect"]>();
    expectTypeOf<"writes">().not.toExtend<Extract<ModalSubmit, { acknowledge: "updateWithin" }>["effect"]>();
    expectTypeOf<"writes">().toExtend<Extract<Component, { acknowledge: "update" }>["effect"]>();
  });

  it("an update by a command, which has no message to change", () => {
    expectTypeOf<"update">().not.toExtend<Command["acknowledge"]>();
    expectTypeOf<"updateWithin">().not.toExtend<Command["acknowledge"]>();
  });

  it("a visibility chosen after the acknowledgement, or none at all", () => {
    expectTypeOf<Omit<AtOnceCommand, "visibility">>().not.toExtend<Command>();
    expectTypeOf<Answer>().not.toHaveProperty("ephemeral");
    expectTypeOf<Answer>().not.toHaveProperty("flags");
  });

  it("a defer or an answer of its own in an autocomplete", () => {
    expectTypeOf<AutocompleteRequest>().not.toHaveProperty("show");
    expectTypeOf<AutocompleteRequest>().not.toHaveProperty("interaction");
    expectTypeOf<Awaited<ReturnType<NonNullable<Command["complete"]>>>>().toEqualTypeOf<readonly Choice[]>();
  });

  it("taking discord.js's object for granted where there may be none", () => {
    expectTypeOf<undefined>().toExtend<CommandContext["interaction"]>();
    expectTypeOf<undefined>().toExtend<ComponentContext["interaction"]>();
    expectTypeOf<undefined>().toExtend<ModalSubmitContext["interaction"]>();
  });
});
