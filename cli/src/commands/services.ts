/** `wattbook gateway` and `wattbook relayer`: services that this version does not hold yet. */
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { linked } from "../lib/options.ts";
import { VERSION } from "../lib/version.ts";

/** A service by its name, and what it is for. */
const SERVICES = {
  gateway: "Reads meters, signs readings and orders, and hands them over once.",
  relayer: "Takes signed orders over HTTP and posts them before the gates.",
} as const;

function service(name: keyof typeof SERVICES): Register {
  return (parent, app) => {
    const command = linked(parent.command(name)).description(`${SERVICES[name]} Not in version ${VERSION}.`);
    action<CommonOptions, []>(command, app, () => {
      throw new CliError(
        "NOT_AVAILABLE",
        `wattbook ${VERSION} starts no ${name}: its services hold the keeper alone. Install a newer version.`,
      );
    });
  };
}

export const gateway = service("gateway");
export const relayer = service("relayer");
