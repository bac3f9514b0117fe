import { flatTariff, NEVER, packStrips, postArguments } from "../helpers/market.ts";
import { packHead, packRecord } from "../helpers/modules.ts";
import type { Role, World } from "./world.ts";

/** Why a caller is turned away: the custom error's name and its arguments. */
export interface Refusal {
  readonly error: string;
  readonly args: (w: World, caller: string) => readonly unknown[];
}

/** Who may call a function. */
export interface Row {
  /** Arguments with which the call goes through for the right caller. */
  readonly args: (w: World, caller: string) => readonly unknown[];
  readonly may: "anyone" | readonly Role[];
  readonly refusal?: Refusal;
  /** The right caller is let in and stopped later, for a reason that is no matter of roles. */
  readonly then?: { readonly error: string; readonly args: (w: World) => readonly unknown[] };
  /** Whether nobody may call while the community is paused. */
  readonly pausable?: true;
}

export const contracts = [
  "registry",
  "escrow",
  "settlement",
  "auction",
  "sealedAuction",
  "commitBook",
  "lens",
  "energyToken",
] as const;
export type ContractName = (typeof contracts)[number];

const caller = (error: string): Refusal => ({ error, args: (_, from) => [from] });
const inCommunity = (error: string): Refusal => ({ error, args: (w, from) => [w.community, from] });
const ofHome = (error: string): Refusal => ({ error, args: (w, from) => [w.community, w.home.member, from] });

const onlyCoordinator = { may: ["coordinator"], refusal: inCommunity("NotCoordinator") } as const;
const onlyOwner = { may: ["owner"], refusal: ofHome("NotOwner") } as const;
const ownerOrCoordinator = { may: ["owner", "coordinator"], refusal: ofHome("NotOwnerOrCoordinator") } as const;
const ownerOrTradingKey = { may: ["owner", "tradingKey"], refusal: ofHome("NotTrader") } as const;
const onlySupplier = { may: ["supplier"], refusal: ofHome("NotSupplier") } as const;
const onlyRegistry = { may: ["registry"], refusal: caller("NotRegistry") } as const;
const onlyFirstModule = { may: ["orderBook"], refusal: inCommunity("NotFirstModule") } as const;
const onlySettlement = { may: ["settlement"], refusal: caller("NotSettlement") } as const;
const notSealed: NonNullable<Row["then"]> = { error: "NotSealed", args: (w) => [w.community] };
const anyone = { may: "anyone" } as const;
// Nor does it commit: whoever may do so elsewhere learns that.
const wrongMode: NonNullable<Row["then"]> = { error: "WrongMode", args: (w) => [w.community] };
const noCommit: NonNullable<Row["then"]> = { error: "NoCommit", args: (w) => [w.period, 0] };

const NOTHING = `0x${"00".repeat(32)}`;
const NO_CHUNK = `0x${"00".repeat(20)}`;
const home = (w: World) => [w.community, w.home.member] as const;
const record = (w: World) => packRecord({ member: w.home.member, frontier: 1, head: packHead({}) });
const tariff = (w: World) => flatTariff(96, 40, [...w.tariff.classes]);

/** Every function that changes anything, by its signature's name. A function without a row fails the test. */
export const table: Record<ContractName, Record<string, Row>> = {
  registry: {
    createCommunity: {
      ...anyone,
      args: (w, from) => [
        {
          ...w.terms,
          paymentToken: w.euro,
          coordinator: from,
          dso: from,
          feeCollector: from,
        },
        [from],
        [{ supplier: 0, defaultLoadWh: 0 }],
        [w.auction],
        flatTariff(96, 0, [{ importPrice: 1, exportPrice: 1 }]),
      ],
    },
    publishTariff: { ...onlyCoordinator, args: (w) => [w.community, w.period + 3, tariff(w)] },
    pause: { ...onlyCoordinator, args: (w) => [w.community] },
    nameRelayer: { ...onlyCoordinator, args: (w) => [w.community, w.stranger.address, true] },
    addModule: { ...onlyCoordinator, args: (w) => [w.community, w.euro] },
    enroll: { ...onlyCoordinator, args: (w) => [w.community, w.newcomer, w.newcomerConsent] },
    bindMeter: {
      ...onlyCoordinator,
      args: (w) => [w.community, w.bareMember, w.binding, ...w.bindingSignatures],
    },
    rotateMeterKey: { ...onlyCoordinator, args: (w) => [...home(w), w.rotation, ...w.rotationSignatures] },
    changeCaps: { ...onlyCoordinator, args: (w) => [...home(w), 1, 1, NEVER, w.capConsent] },
    changeClass: { ...onlyCoordinator, args: (w) => [...home(w), 1, NEVER, w.classConsent] },
    setSuspended: { ...onlyCoordinator, args: (w) => [...home(w), true] },
    revokeMeterKey: { ...ownerOrCoordinator, args: home },
    unbindMeter: { ...ownerOrCoordinator, args: home },
    releaseMeter: { ...anyone, args: (w) => [w.community, w.leaving.member] },
    rotateTradingKey: { ...onlyOwner, args: (w, from) => [...home(w), from] },
    setTrading: { ...onlyOwner, args: (w) => [...home(w), false] },
    transferOwnership: { ...onlyOwner, args: (w, from) => [...home(w), from] },
    acceptOwnership: { may: ["pendingOwner"], refusal: ofHome("NotPendingOwner"), args: home },
  },
  escrow: {
    deposit: { ...anyone, args: (w) => [...home(w), 0] },
    depositWithPermit: { ...anyone, args: (w) => [...home(w), 0, NEVER, 27, NOTHING, NOTHING] },
    withdraw: { ...onlyOwner, args: (w, from) => [...home(w), from, 1] },
    withdrawFees: { ...anyone, args: (w) => [w.euro, w.stranger.address] },
    bumpEpoch: { ...ownerOrTradingKey, args: home },
    enableModule: { ...onlyOwner, args: (w) => [...home(w), 1, true] },
    // The world's community is open: who may pledge there learns that it is not sealed.
    pledge: { ...onlyOwner, args: (w) => [...home(w), 0], then: notSealed },
    unpledge: { ...onlyOwner, args: (w) => [...home(w), 0], then: notSealed },
    releasePledge: { ...anyone, args: home },
    postBond: { ...anyone, args: (w) => [w.community, 0], then: notSealed },
    withdrawBond: { ...anyone, args: (w) => [w.community, w.stranger.address, 0] },
    lockBond: { ...onlyFirstModule, args: (w) => [w.community, w.stranger.address, 0] },
    releaseBond: { ...onlyFirstModule, args: (w) => [w.community, w.stranger.address, 0] },
    forfeitBond: { ...onlyFirstModule, args: (w) => [w.community, w.stranger.address, 0] },
    setCreditLine: { ...onlySupplier, args: (w) => [...home(w), 1] },
    markPaid: { ...onlySupplier, args: (w) => [...home(w), 0] },
    claimDue: { ...anyone, args: home },
    openCommunity: { ...onlyRegistry, args: (w) => [99, w.euro, 3n << 96n, w.euro] },
    openAccount: { ...onlyRegistry, args: (w) => [w.community, 99, 0] },
    recheck: { ...onlyRegistry, args: home },
    append: {
      may: ["orderBook"],
      refusal: { error: "NotModule", args: (w, from) => [w.community, 0, from] },
      args: (w, from) => [w.community, w.period, 0, from, record(w)],
    },
    storeJournal: { ...onlySettlement, args: (w) => [...home(w), w.period, 1] },
    openJournals: { ...onlySettlement, args: (w) => [w.community, w.period, 1] },
    settle: { ...onlySettlement, args: (w, from) => [w.community, w.period, [], [], 0, 0, from] },
    correct: { ...onlySettlement, args: (w) => [w.community, w.period, w.home.member, 3, 0] },
  },
  settlement: {
    meter: { ...anyone, args: (w) => [w.community, w.period, []] },
    settle: { ...anyone, args: (w) => [w.community, w.period, []] },
    meterAndSettle: { ...anyone, args: (w) => [w.community, w.period, []] },
    settleEstimated: { ...anyone, args: (w) => [w.community, w.period, []] },
    correct: { ...anyone, args: (w) => [w.community, w.period, []] },
    claim: {
      ...onlyOwner,
      args: (w, from) => [
        w.community,
        w.period,
        { member: w.home.member, journal: 0, values: "0x", gapLeg: 0, position: "0x" },
        from,
      ],
      then: { error: "NotFinal", args: (w) => [w.community, w.period] },
    },
    bindMeter: { ...onlyRegistry, args: (w) => [...home(w), 1, 0, 0] },
    releaseMeter: { ...onlyRegistry, args: (w) => [...home(w), 1] },
  },
  auction: {
    post: { ...anyone, args: (w) => postArguments(w.community, w.period, [w.strip]), pausable: true },
    place: { ...ownerOrTradingKey, args: (w) => [w.community, w.period, w.strip], pausable: true },
    clear: { ...anyone, args: (w) => [w.community, []] },
  },
  sealedAuction: {
    place: { ...anyone, args: (w) => [w.community, w.period, w.strip], then: wrongMode },
    reveal: { ...anyone, args: (w) => [w.community, w.period, 0, NO_CHUNK, [], NOTHING, true], then: noCommit },
    clear: { ...anyone, args: (w) => [w.community, []] },
  },
  commitBook: {
    commit: {
      ...anyone,
      args: (w) => [w.community, w.period, NOTHING, 1, 1],
      then: { error: "NotSealedHere", args: (w) => [w.community] },
    },
    noteReveal: {
      may: ["sealedAuction"],
      refusal: caller("NotAuction"),
      args: (w) => [w.community, w.period, 0, NOTHING, 1, [], NOTHING],
      then: noCommit,
    },
    challenge: {
      ...anyone,
      args: (w, from) => [w.community, w.period, 0, from, packStrips([w.strip]), NOTHING, NOTHING, []],
      then: noCommit,
    },
    answer: {
      ...anyone,
      args: (w) => [w.community, w.period, 0, NOTHING, NO_CHUNK, 0, [], NOTHING],
      then: { error: "NoSuchStrip", args: () => [0, 0] },
    },
    finish: { ...anyone, args: (w) => [w.community, w.period, 0], then: noCommit },
  },
  lens: {},
  energyToken: {
    mint: { ...onlySettlement, args: (w) => [w.stranger.address, [1], [1]] },
    retire: { ...anyone, args: (_, from) => [1, 0, from, "breakfast"] },
    setApprovalForAll: { ...anyone, args: (w) => [w.stranger.address, true] },
    safeTransferFrom: {
      may: ["owner"],
      refusal: { error: "ERC1155MissingApprovalForAll", args: (w, from) => [from, w.home.owner.address] },
      args: (w) => [w.home.owner.address, w.stranger.address, 1, 0, "0x"],
    },
    safeBatchTransferFrom: {
      may: ["owner"],
      refusal: { error: "ERC1155MissingApprovalForAll", args: (w, from) => [from, w.home.owner.address] },
      args: (w) => [w.home.owner.address, w.stranger.address, [], [], "0x"],
    },
  },
};

/** The same functions where they concern another member's or the coordinator's account. */
export const acceptCoordinator: Row = {
  may: ["pendingCoordinator"],
  refusal: { error: "NotPendingOwner", args: (w, from) => [w.community, 0, from] },
  args: (w) => [w.community, 0],
};
export const otherModuleAppends: Row = {
  may: ["secondModule"],
  refusal: { error: "NotModule", args: (w, from) => [w.community, 1, from] },
  args: (w, from) => [w.community, w.period, 1, from, record(w)],
  then: { error: "ModuleNotEnabled", args: (w) => [w.community, w.home.member, 1] },
};
