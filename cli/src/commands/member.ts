/** `wattbook member`. */
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { withSession, type LinkOptions } from "../lib/link.ts";
import { linked } from "../lib/options.ts";
import { showMember } from "./member-show.ts";

/** Declares the group. */
export const member: Register = (parent, app) => {
  const group = parent.command("member").description("Enrol members, look at them, replace their meter keys.");
  const show = linked(group.command("show"), "community", "member").description("Shows a member's keys, caps, money and meter.");
  action<CommonOptions & LinkOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showMember(session, options, output));
  });
};
