/** Names of all errors with which a call can fail on chain. */
import type {
  CommitBookAbi,
  CoordinatorDeskAbi,
  DoubleAuctionAbi,
  EnergySharingAbi,
  EnergyTokenAbi,
  MeteredAuctionAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SealedAuctionAbi,
  SettlementAbi,
} from "../abi/index.js";

type Abis =
  | typeof CommitBookAbi
  | typeof CoordinatorDeskAbi
  | typeof DoubleAuctionAbi
  | typeof EnergySharingAbi
  | typeof EnergyTokenAbi
  | typeof MeteredAuctionAbi
  | typeof PaymentEscrowAbi
  | typeof ProsumerRegistryAbi
  | typeof SealedAuctionAbi
  | typeof SettlementAbi;

/** Custom errors of payment tokens (ERC-6093) and of their permits, as OpenZeppelin's tokens have them. */
export const TOKEN_ERRORS = [
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error ECDSAInvalidSignature()",
  "error ECDSAInvalidSignatureLength(uint256 length)",
  "error ECDSAInvalidSignatureS(bytes32 s)",
  "error InvalidAccountNonce(address account, uint256 currentNonce)",
] as const;

type NameIn<Line> = Line extends `error ${infer Name}(${string}` ? Name : never;

/** Custom error of a payment token. */
export type TokenErrorName = NameIn<(typeof TOKEN_ERRORS)[number]>;

/** Custom error of the deployment's contracts. */
export type ContractErrorName = Extract<Abis[number], { readonly type: "error" }>["name"];

/** `require` with a text, a failed assertion of the compiler, and a revert of none of these kinds. */
export type BuiltInErrorName = "Error" | "Panic" | "Unknown";

/** Name of any error that `ContractRevertError` carries. */
export type RevertName = ContractErrorName | TokenErrorName | BuiltInErrorName;
