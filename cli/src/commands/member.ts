/** `wattbook member`. */
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { EXIT } from "../lib/errors.ts";
import { withSession, type LinkOptions } from "../lib/link.ts";
import { linked, signing } from "../lib/options.ts";
import { enrollMembers, type EnrollOptions } from "./member-enroll.ts";
import { rotateMeter, type RotateOptions } from "./member-rotate.ts";
import { showMember } from "./member-show.ts";

/** Declares the group. */
export const member: Register = (parent, app) => {
  const group = parent.command("member").description("Enrol members, look at them, replace their meter keys.");
  const enroll = signing(linked(group.command("enroll"), "community"))
    .description("Enrols the members of a file and binds their meters; who is in already is left alone.")
    .requiredOption("--file <members.json>", "a member, a list of them, a community file, or CSV")
    .option("--prepare", "print the messages that owners and meters have to sign; send nothing");
  action<CommonOptions & EnrollOptions, []>(enroll, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      if (!(await enrollMembers(session, options, output))) app.exit = EXIT.failed;
    });
  });
  const show = linked(group.command("show"), "community", "member").description(
    "Shows a member's keys, caps, money and meter.",
  );
  action<CommonOptions & LinkOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showMember(session, options, output));
  });
  const rotate = signing(linked(group.command("rotate"), "community", "member"))
    .description("Replaces a member's meter key with the consent of its owner; the registers go on.")
    .option("--new-key <keystore.json>", "keystore of the new meter key")
    .option("--new-password-file <file>", "file with its password, mode 600 (default: ask)")
    .option("--file <rotation.json>", "a rotation that was signed elsewhere");
  action<CommonOptions & RotateOptions, []>(rotate, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => rotateMeter(session, options, output));
  });
};
