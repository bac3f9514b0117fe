/** `wattbook community`. */
import { Option } from "commander";
import { MODES } from "../community/schema.ts";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { withLink, withSession, type LinkOptions } from "../lib/link.ts";
import { linked, signing, withPeriod } from "../lib/options.ts";
import { createCommunity, type CreateOptions } from "./community-create.ts";
import { showCommunity } from "./community-show.ts";
import { tariff, type TariffOptions } from "./community-tariff.ts";

/** Declares the group. */
export const community: Register = (parent, app) => {
  const group = parent.command("community").description("Create communities, look at them, publish tariffs.");
  const create = signing(linked(group.command("create")))
    .description("Creates the community of a file, unless it is there; members follow with member enroll.")
    .requiredOption("--file <community.json>", "terms, suppliers, classes and tariff; see examples/community.json")
    .option("--token <address>", "payment token, instead of the file's")
    .addOption(new Option("--mode <mode>", "how it trades, instead of the file's").choices(MODES));
  action<CommonOptions & CreateOptions, []>(create, app, async (options, output) => {
    await withLink(options, app.terminal, (link) => createCommunity(link, options, output));
  });
  const show = linked(group.command("show"), "community").description(
    "Shows terms, roles, modules and members of a community.",
  );
  action<CommonOptions & LinkOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showCommunity(session, output));
  });
  const publish = withPeriod(
    signing(linked(group.command("tariff"), "community")),
    "period to look at, or from which the published tariff counts",
  )
    .description("Shows the tariff of a period, or publishes one with --publish.")
    .option("--publish <tariff.json>", '{ "networkFee", "classes" } as in a community file, base units per Wh');
  action<CommonOptions & TariffOptions, []>(publish, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => tariff(session, options, output));
  });
};
