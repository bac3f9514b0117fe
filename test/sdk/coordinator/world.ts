/** A desk on a chain, and the same community as the SDK sees it. */
import { CoordinatorDeskClient } from "../../../sdk/src/clients/coordinator-desk.ts";
import { wattbookDomain } from "../../../sdk/src/typed-data.ts";
import { asCommunity, asMember, asPeriod, asPermille, asSeconds, asWatts } from "../../../sdk/src/units.ts";
import type { BatteryMandate } from "../../../sdk/src/coordinator/mandate.ts";
import type { SetPoint } from "../../../sdk/src/coordinator/set-point.ts";
import { deployDesk, dispatcherKey } from "../../helpers/desk.ts";
import { connect, deployMarket } from "../../helpers/market.ts";
import { hourly } from "../../helpers/settling.ts";

export async function deskWorld() {
  const connection = await connect();
  const raw = await deployMarket(connection, { terms: hourly });
  const home = await raw.addHome();
  const d = await deployDesk(connection, raw);
  const client = new CoordinatorDeskClient({ address: await d.desk.getAddress(), runner: raw.stranger });
  const domain = await client.domain();
  const community = asCommunity(BigInt(raw.community));
  const member = asMember(BigInt(home.member));
  const period = asPeriod(BigInt((await raw.periodNow()) + 1));
  return { connection, raw, home, d, client, domain, community, member, period };
}

/** Where signatures of tests without a chain count. */
export const DESK_DOMAIN = wattbookDomain(31_337n, `0x${"d5".repeat(20)}`);

const who = { community: asCommunity(0n), member: asMember(4n) };
const soc = { minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) };

/** What `deployDesk` entrusts, for a member of choice. */
export const mandateOf = (fields: Partial<BatteryMandate> = {}): BatteryMandate => ({
  ...who,
  ...soc,
  dispatcher: dispatcherKey.address,
  maxChargeW: asWatts(3_000n),
  maxDischargeW: asWatts(5_000n),
  validFrom: asSeconds(500n),
  validUntil: asSeconds(9_000_000_000n),
  sequence: 1n,
  ...fields,
});

/** A set-point within it. */
export const setPointOf = (fields: Partial<SetPoint> = {}): SetPoint => ({
  ...who,
  ...soc,
  mandate: 1n,
  counter: 1n,
  validFrom: asSeconds(1_000n),
  validUntil: asSeconds(2_000n),
  discharging: false,
  powerW: asWatts(3_000n),
  ...fields,
});
