import { expect } from "chai";
import fc from "fast-check";
import { Interface } from "ethers";
import type { EventFragment, ParamType } from "ethers";
import * as abis from "../../../sdk/src/abi/index.js";
import { CONTRACT_NAMES, parseDeployment } from "../../../sdk/src/clients/deployment.ts";
import type { ContractName } from "../../../sdk/src/clients/deployment.ts";
import { EVENTS } from "../../../sdk/src/clients/event-table.ts";
import { eventsOf, parseEvent, parseEventOf, topicsOf } from "../../../sdk/src/clients/events.ts";
import type { EventNamed, WattbookEvent } from "../../../sdk/src/clients/events.ts";
import { unpackMember } from "../../../sdk/src/clients/member-word.ts";
import {
  ENTRY_REASONS,
  SHARING_REASONS,
  SKIP_REASONS,
  STRIP_REASONS,
  VOID_REASONS,
} from "../../../sdk/src/clients/reasons.ts";
import { termsHash } from "../../../sdk/src/charter.ts";
import { packMandate, unpackMandate } from "../../../sdk/src/coordinator/mandate.ts";
import { SET_POINT_BREACHES } from "../../../sdk/src/coordinator/set-point.ts";
import { packTokenId } from "../../../sdk/src/energy-token.ts";
import { packRecords } from "../../../sdk/src/packed-records.ts";
import { encodeValues } from "../../../sdk/src/reading.ts";
import { sharingRuleNumber } from "../../../sdk/src/sharing/scheme.ts";
import { asMember } from "../../../sdk/src/units.ts";
import { account, anyAddress, anyWord } from "../support.ts";
import { mandateOf } from "../coordinator/world.ts";
import { deploymentOf } from "./deployment-of.ts";
import { world } from "./support.ts";

const INTERFACES: Record<ContractName, Interface> = {
  ProsumerRegistry: new Interface(abis.ProsumerRegistryAbi),
  PaymentEscrow: new Interface(abis.PaymentEscrowAbi),
  EnergyToken: new Interface(abis.EnergyTokenAbi),
  Settlement: new Interface(abis.SettlementAbi),
  DoubleAuction: new Interface(abis.DoubleAuctionAbi),
  SealedAuction: new Interface(abis.SealedAuctionAbi),
  CommitBook: new Interface(abis.CommitBookAbi),
  OrderBookLens: new Interface(abis.OrderBookLensAbi),
  EnergySharing: new Interface(abis.EnergySharingAbi),
  MeteredAuction: new Interface(abis.MeteredAuctionAbi),
  CoordinatorDesk: new Interface(abis.CoordinatorDeskAbi),
};

const LIMITS = unpackMandate(packMandate(mandateOf()));

const uint = (bits: number) => fc.bigInt(0n, (1n << BigInt(bits)) - 1n);
const bytes = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((each) => `0x${Buffer.from(each).toString("hex")}`);
const index = (names: readonly string[]) => fc.integer({ min: 0, max: names.length - 1 }).map(BigInt);

/** Bytes of a packed record: a header, the length of its payload, a digest, the payload. */
const record = fc.tuple(bytes(37), bytes(32), fc.uint8Array({ maxLength: 9 })).map(([start, digest, payload]) => {
  const length = payload.length.toString(16).padStart(4, "0");
  return `${start.slice(2)}${length}${digest.slice(2)}${Buffer.from(payload).toString("hex")}`;
});

/** Values that contracts can emit, where the type alone allows more. */
const EMITTED: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "SlotCleared.slot": uint(32),
  "SlotCleared.tick": fc.oneof(uint(7), fc.constant(255n)),
  "SlotCleared.price": uint(16),
  "SlotCleared.lots": uint(40),
  "Recorded.module": uint(8),
  "Recorded.records": fc.array(record, { minLength: 1, maxLength: 3 }).map((all) => `0x${all.join("")}`),
  "EntriesRefused.reasons": fc
    .array(index(ENTRY_REASONS), { minLength: 1, maxLength: 5 })
    .map((codes) => `0x${codes.map((code) => code.toString(16).padStart(2, "0")).join("")}`),
  "StripSkipped.reason": index(STRIP_REASONS),
  "ItemSkipped.reason": index(SKIP_REASONS),
  "Skipped.reason": index(SHARING_REASONS),
  "SchemeAnnounced.rule": fc.bigInt(1n, 4n),
  "Counted.members": fc
    .array(bytes(4), { minLength: 1, maxLength: 5 })
    .map((all) => `0x${all.map((each) => each.slice(2)).join("")}`),
  "BudgetReached.wh": uint(40),
  "BudgetKept.budget": uint(176),
  "OrderKept.order": fc
    .tuple(uint(176), fc.constantFrom(0n, 7n, 127n, 255n))
    .map(([w, t]) => w | (t << 176n) | (t << 184n)),
  // A slot in which something changed hands, one in which nothing did.
  "Cleared.slots": fc.array(
    fc.constantFrom(0n, (900n << 24n) | (140n << 8n) | 20n).map((low) => low | (low << 192n)),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  "MandateKept.mandate": fc.bigInt(1n, 1_000n).map((sequence) => packMandate({ ...LIMITS, sequence })),
  "SetPointBreach.breach": index(SET_POINT_BREACHES),
  "ToleranceSet.permille": fc.bigInt(0n, 1_000n),
  "PccRead.values": bytes(24),
  "RecordsVoided.reason": index(VOID_REASONS),
  "Metered.values": bytes(24),
  "Corrected.values": bytes(24),
  "TransferSingle.id": uint(88),
  "TransferBatch.ids": fc.tuple(uint(88), uint(88)),
  "TransferBatch.values": fc.tuple(uint(96), uint(96)),
  "Retired.id": uint(88),
  "URI.id": uint(88),
};

/** Any value of a type; wide integers as far as amounts go. */
function anyOf({ baseType, type, components, arrayChildren }: ParamType): fc.Arbitrary<unknown> {
  if (baseType === "array" && arrayChildren) return fc.array(anyOf(arrayChildren), { minLength: 1, maxLength: 3 });
  if (baseType === "tuple" && components) return fc.tuple(...components.map(anyOf));
  if (type === "address") return anyAddress;
  if (type === "bool") return fc.boolean();
  if (type === "string") return fc.string();
  if (type === "bytes32") return anyWord;
  if (type === "bytes") return bytes(9);
  const bits = Math.min(Number(/\d+/.exec(type)?.[0]), 128);
  return type.startsWith("int") ? fc.bigInt(-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n) : uint(bits);
}

const numberOf = (names: readonly string[], name: string) => BigInt(names.indexOf(name));

/** The arguments that an event came from, by name; those left out stand in the event under their own names. */
function argsOf(event: WattbookEvent): Record<string, unknown> {
  switch (event.name) {
    case "CommunityCreated":
      return { ...event, ...event.charter };
    case "Recorded":
      return { ...event, records: packRecords(event.module, event.records) };
    case "Metered":
    case "Corrected":
    case "PccRead":
      return { ...event, values: encodeValues(event.values) };
    case "StripSkipped":
      return { ...event, reason: numberOf(STRIP_REASONS, event.reason) };
    case "ItemSkipped":
      return { ...event, reason: numberOf(SKIP_REASONS, event.reason) };
    case "Skipped":
      return { ...event, reason: numberOf(SHARING_REASONS, event.reason) };
    case "SchemeAnnounced":
      return event.scheme === null
        ? { ...event }
        : { ...event, ...event.scheme, rule: sharingRuleNumber(event.scheme.rule) };
    case "BudgetKept": {
      const { budget, firstPeriod, lastPeriod, epoch, sequence } = event.kept;
      const word = budget | (firstPeriod << 48n) | (lastPeriod << 80n) | (epoch << 112n) | (sequence << 144n);
      return { ...event, budget: word };
    }
    case "Counted": {
      const digits = event.members.map((member) => member.toString(16).padStart(8, "0"));
      return { ...event, members: `0x${digits.join("")}` };
    }
    case "OrderKept": {
      const { budget, firstPeriod, lastPeriod, epoch, sequence, buyTick, sellTick } = event.kept;
      const word = budget | (firstPeriod << 48n) | (lastPeriod << 80n) | (epoch << 112n) | (sequence << 144n);
      return { ...event, order: word | ((sellTick ?? 255n) << 176n) | ((buyTick ?? 255n) << 184n) };
    }
    case "Cleared": {
      const packed = event.slots.map((slot) =>
        slot === null ? 0n : (slot.energy << 24n) | (slot.price << 8n) | slot.marginalTick,
      );
      const words = packed.flatMap((_, k) =>
        k % 4 === 0 ? [packed.slice(k, k + 4).reduce((word, slot) => (word << 64n) | slot, 0n)] : [],
      );
      return { ...event, slots: words };
    }
    case "MandateKept":
      return { ...event, mandate: packMandate(event.mandate) };
    case "SetPointBreach":
      return { ...event, breach: numberOf(SET_POINT_BREACHES, event.breach) };
    case "BudgetReached":
      return { ...event, wh: event.energy };
    case "RecordsVoided":
      return { ...event, reason: numberOf(VOID_REASONS, event.reason) };
    case "EntriesRefused": {
      const codes = event.reasons.map((reason) => numberOf(ENTRY_REASONS, reason));
      return { ...event, reasons: `0x${codes.map((code) => code.toString(16).padStart(2, "0")).join("")}` };
    }
    case "SlotCleared":
      return { ...event, tick: event.tick ?? 255n, price: event.price ?? 0n };
    case "TransferSingle":
      return { ...event, id: packTokenId(event.token), value: event.amount };
    case "TransferBatch": {
      const ids = event.tokens.map(({ token }) => packTokenId(token));
      return { ...event, ids, values: event.tokens.map(({ amount }) => amount) };
    }
    case "Retired":
    case "URI":
      return { ...event, id: packTokenId(event.token) };
    default:
      return { ...event };
  }
}

/** A log with these arguments, as a node gives it. */
function logOf(abi: Interface, fragment: EventFragment, args: readonly unknown[]) {
  const place = { address: account(1), blockNumber: 7, blockHash: `0x${"aa".repeat(32)}`, index: 3 };
  return { ...place, transactionHash: `0x${"bb".repeat(32)}`, ...abi.encodeEventLog(fragment, [...args]) };
}

describe("events", function () {
  for (const contract of CONTRACT_NAMES) {
    const abi = INTERFACES[contract];

    it(`of ${contract} all have a reader, and no other`, function () {
      const names: string[] = [];
      abi.forEachEvent(({ name }) => names.push(name));
      expect(Object.keys(EVENTS[contract]).sort()).to.deep.equal(names.sort());
    });

    abi.forEachEvent((fragment) => {
      it(`${contract}.${fragment.name} is read and says all that its log says`, function () {
        const { name, inputs } = fragment;
        const args = inputs.map((input) => EMITTED[`${name}.${input.name}`] ?? anyOf(input));
        fc.assert(
          fc.property(fc.tuple(...args), (values) => {
            if (name === "SlotCleared" && values[2] === 255n) values[3] = 0n;
            const log = logOf(abi, fragment, values);
            const event: WattbookEvent | undefined = parseEventOf(contract, log);
            if (event === undefined) throw new Error("not read");
            const { address, blockNumber, blockHash, transactionHash, index: logIndex } = log;
            expect(event).to.deep.include({ contract, name });
            expect(event.log).to.deep.equal({ address, blockNumber, blockHash, transactionHash, logIndex });
            if (event.name === "MemberChanged") {
              const at = inputs.findIndex((input) => input.name === "word");
              expect(event.word).to.deep.equal(unpackMember(values[at] as bigint));
              return;
            }
            const again = argsOf(event);
            const encoded = abi.encodeEventLog(
              fragment,
              inputs.map((input) => again[input.name]),
            );
            expect(encoded).to.deep.equal({ topics: log.topics, data: log.data });
          }),
          { numRuns: 20 },
        );
      });
    });
  }

  it("of a real community say what it was created with", async function () {
    const w = await world();
    const deployment = parseDeployment(await deploymentOf(w));
    const logs = await w.provider.getLogs({ fromBlock: 0, topics: [topicsOf("CommunityCreated", "TariffPublished")] });
    const events = eventsOf(logs, deployment);
    const created = events.find((event) => event.name === "CommunityCreated");
    expect(created && termsHash(created.charter)).to.equal(created?.termsHash);
    expect(created?.charter.terms).to.include({ slotDuration: 900n, maxImport: 600n });
    expect(events.map((event) => event.name).sort()).to.deep.equal(["CommunityCreated", "TariffPublished"]);
  });

  it("are read from a receipt, those of other addresses left out", async function () {
    const w = await world();
    const deployment = parseDeployment(await deploymentOf(w));
    const { raw } = w;
    const bumped = await raw.escrow.connect(raw.supplier).bumpEpoch(raw.community, 3);
    const receipt = await bumped.wait();
    const [event] = eventsOf(receipt, deployment) as [EventNamed<"EpochBumped">];
    expect(event).to.deep.include({ name: "EpochBumped", member: asMember(3n), epoch: 1n });
    expect(event.log.transactionHash).to.equal(bumped.hash);
    const [log] = receipt?.logs ?? [];
    if (log === undefined) throw new Error("no log");
    expect(parseEvent({ ...log.toJSON(), address: account(9) } as never, deployment)).to.equal(undefined);
    expect(eventsOf(null, deployment)).to.deep.equal([]);
    const unknown = { address: w.at.escrow, blockNumber: 1, topics: [`0x${"12".repeat(32)}`], data: "0x" };
    expect(parseEvent(unknown, deployment)).to.equal(undefined);
    expect(topicsOf("Settled")).to.have.lengthOf(1);
    expect(topicsOf().length).to.be.greaterThan(30);
  });
});
