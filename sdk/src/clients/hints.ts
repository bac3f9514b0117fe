/** What to do about each custom error of the contracts and of payment tokens. Complete by type. */
import type { RevertName } from "./revert-names.ts";

/** One sentence per error: what to do. */
export const HINTS: Readonly<Record<RevertName, string>> = {
  // Solidity's own
  Error: "Look at the reason: it comes from a contract outside this deployment, such as the payment token.",
  Panic: "A contract outside the deployment miscalculates, or this is a bug: report it with the call's data.",
  Unknown: "The contract gave no reason the SDK knows: check address, network and arguments of the call.",

  // Registry
  CapTooLarge: "Ask for a cap of at most `most` lots, or create the community with wide ticks.",
  CapsExceedTick: "Lower the cap: the caps of all members must fit into one tick. Wide ticks hold more.",
  CheckpointUnorderedInsertion: "Publish tariffs with ascending periods.",
  ClassChangedRecently: "Wait until period `until`: a member changes its tariff class once in a ring.",
  ClassKeepsSupplier: "Choose a class of the same supplier; another supplier means enrolling anew.",
  CommunityFull: "Create another community: this one has as many members as its ledger counts.",
  ConsentExpired: "Ask the owner to sign again with a later deadline.",
  ConsentInvalid: "Sign exactly what is sent, with the owner's key, its current nonce and the registry's domain.",
  InvalidAccountNonce: "Read the nonce again (`nonceOf`) and sign anew: each signature counts once.",
  MeterKeyTaken: "Use a fresh key: a meter key belongs to one member for good.",
  MeterNotBound: "Bind a meter first (`bindMeter`).",
  MeterNotFinal: "Settle the member's periods up to `lastPeriod` first.",
  MeterNotLeaving: "Call `unbindMeter` first.",
  MeterProofInvalid: "Let the meter's own key sign the same message as the owner.",
  MeterStillBound: "Unbind and release the old meter first.",
  MeteringPointTaken: "The metering point is enrolled already: use its member.",
  ModuleKnown: "The community has the module already: see `modules`.",
  NotCoordinator: "Send with the account that owns member 0 of the community.",
  NotOwner: "Send with the account that owns the member: `registry.ownerOf`.",
  NotOwnerOrCoordinator: "Send with the member's owner or the coordinator.",
  NotPendingOwner: "The present owner offers the member first (`transferOwnership`).",
  OutOfBounds: "Change the named parameter: `communityTerms` tells the bounds before sending.",
  TariffLength: "Encode the tariff with `encodeTariff`, with the community's number of slots and classes.",
  TariffOutOfOrder: "Name a period after `latest`, the last one published.",
  TariffPrice:
    "Keep import at or below the maximum and every export price at or below the lowest import price of the slot.",
  TariffTooEarly: "Name a period up to `furthest`.",
  TariffTooLate: "Name period `earliest` or a later one: members were promised the notice.",
  TooManyModules: "A community takes at most 16 modules.",
  UnknownCommunity: "Pass an index below `registry.communityCount`.",
  UnknownMember: "Pass an index below `registry.memberCount` of that community.",

  // Escrow
  AmountOverflow: "The account would hold more than 2^96 base units: deposit less.",
  AmountTooLarge: "Move less: the escrow holds at most 2^95 base units of a token, a member pledges at most 2^64.",
  BondNotLocked: "Unlock at most `locked`: see `escrow.bond`.",
  InDebt: "Pay the debt first (a deposit does), or ask the supplier for a credit line.",
  InsufficientBond: "Ask for at most `available`, or post more (`postBond`). What backs commits is locked.",
  InsufficientPledge:
    "Ask for at most `available`: see `escrow.pledge`. What is leaving already cannot be asked back twice.",
  InsufficientFree: "Ask for at most `free`, or deposit first. Reserved money returns when its period is settled.",
  InvalidRecipient: "Pass an account other than zero and the escrow.",
  ModuleNotEnabled: "The owner enables the module first (`enableModule`).",
  MoreThanDebt: "Pass at most the amount of the debt: `escrow.debt`.",
  NotFirstModule: "Only the community's first module makes this call: use its functions.",
  NotSealed: "Only a sealed community has pledges and bonds; an open one trades with free balance.",
  NotRegistry: "Only the registry makes this call: use the registry's own functions.",
  NotSettlement: "Only the settlement contract makes this call: use its functions.",
  NotSupplier: "Send with the owner of the member's supplier: `registry.supplierOf`.",
  NotTrader: "Send with the member's trading key or its owner.",
  ReentrancyGuardReentrantCall: "The payment token calls back into the escrow: choose another token.",
  RingBusy: "Settle the older period first: anybody can, `settleEstimated` needs no reading.",
  SafeERC20FailedOperation:
    "The token refused the transfer: check its balance, the allowance and whether it blocks an account.",
  SupplierRefusesModule: "The supplier enables a module added later for itself before its members can.",
  TransferFee: "The token takes a fee on transfers: it cannot be a payment token.",
  UnknownModule: "Pass an index or community that has the module: `registry.modules`.",

  // Settlement and its journals
  ClaimWindowOver: "Tokens of this period can no longer be claimed.",
  EvidenceMismatch: "Rebuild records, values and position from the logs: they do not hash to the journal.",
  FrontierBack: "The module proposed a frontier behind the member's: name slots after it.",
  JournalFull: "The member's journal of this period takes no more entries: name fewer price steps.",
  Misdeployed: "Deploy all contracts anew: one was made for another settlement contract.",
  NotActive: "The member does not trade now: not enrolled, without meter, suspended, stopped or leaving.",
  NotClaimable: "Nothing to claim: not settled yet, or claimed already.",
  NotFinal: "Wait until all members are settled and the correction window is over.",
  NotModule: "Only the community's module of that index appends records.",
  PayloadTooLong: "A record takes 64 bytes and 16 per entry: shorten it.",
  PeriodNotOpen: "Name the current period or one up to the horizon ahead.",
  TooLittleGas: "Send with more gas, or fewer items at once.",

  // Order book
  NoContext: "Ask `market.context` first and pass what it answers.",
  EntryRefused: "Change the entry at `index`: see the reason.",
  StripRefused: "Change the strip: see the reason.",
  TradingPaused: "The coordinator paused trading: wait for the next period.",

  // Energy tokens (ERC-1155)
  ERC1155InsufficientBalance: "Move at most `balance`.",
  ERC1155InvalidApprover: "Send with an account other than zero.",
  ERC1155InvalidArrayLength: "Pass as many ids as amounts.",
  ERC1155InvalidOperator: "Name an operator other than zero.",
  ERC1155InvalidReceiver: "The receiving contract takes no ERC-1155 tokens: choose another account.",
  ERC1155InvalidSender: "Move tokens from an account other than zero.",
  ERC1155MissingApprovalForAll: "The owner approves the operator first (`setApprovalForAll`).",
  InvalidShortString: "Report this: the name of a contract is damaged.",
  StringTooLong: "Report this: the name of a contract is too long.",

  // Payment tokens (ERC-20, EIP-2612)
  ECDSAInvalidSignature: "Sign again with a plain key.",
  ECDSAInvalidSignatureLength: "Pass v, r and s as `signPermit` returns them.",
  ECDSAInvalidSignatureS: "Sign again: s must lie in its lower half.",
  ERC20InsufficientAllowance: "Approve the escrow for `needed` first (`approve`), or deposit with a permit.",
  ERC20InsufficientBalance: "Fund the account: it has `balance` and needs `needed` base units.",
  ERC20InvalidApprover: "Send with an account other than zero.",
  ERC20InvalidReceiver: "Name a receiver other than zero.",
  ERC20InvalidSender: "Move tokens from an account other than zero.",
  ERC20InvalidSpender: "Name a spender other than zero.",
  ERC2612ExpiredSignature: "Sign a permit with a later deadline.",
  ERC2612InvalidSigner: "Let the owner itself sign, over the token's own domain and the current nonce.",
};
