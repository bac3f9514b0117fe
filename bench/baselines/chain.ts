/** The project's own node, with an account per home, and the gas that receipts tell. */
import { network } from "hardhat";
import { Contract, ContractFactory, getAddress, toBeHex, toQuantity, type Interface } from "ethers";
import type { Compiled } from "./compile.ts";
import type { BaselineOrder } from "./types.ts";

/** The most that a transaction may use: EIP-7825. */
export const GAS_CAP = 2 ** 24;

/** A transaction that went through. */
export interface Receipt {
  readonly gas: number;
  /** The events of one name, in order, each as its arguments. */
  readonly events: (of: Interface, name: string) => Readonly<Record<string, unknown>>[];
}

interface RawReceipt {
  readonly gasUsed: string;
  readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[];
}

/** Addresses without keys: the node sends for them. */
const FIRST_HOME = 0xb0b0_0000_0000_0000_0000n;
const ETHER = 10n ** 24n;

export type Chain = Awaited<ReturnType<typeof openChain>>;

export async function openChain() {
  const { ethers, networkHelpers } = await network.create();
  const { provider } = ethers;
  const [deployer] = await ethers.getSigners();
  if (!deployer) throw new Error("the node has no accounts");
  const homes: string[] = [];

  async function openHome(): Promise<void> {
    const home = getAddress(toBeHex(FIRST_HOME + BigInt(homes.length), 20));
    await networkHelpers.impersonateAccount(home);
    await networkHelpers.setBalance(home, ETHER);
    homes.push(home);
  }

  return {
    deployer: deployer.address,
    now: (): Promise<number> => networkHelpers.time.latest(),

    /** Lets time pass until `timestamp`, unless it is later already. */
    async goTo(timestamp: number): Promise<void> {
      if ((await networkHelpers.time.latest()) < timestamp) await networkHelpers.time.increaseTo(timestamp);
    },

    /** The accounts of homes 0 … count − 1. */
    async homes(count: number): Promise<readonly string[]> {
      while (homes.length < count) await openHome();
      return homes.slice(0, count);
    },

    /** A contract as a home calls it: for calls that are expected to fail. */
    as: async (home: string, contract: Contract): Promise<Contract> =>
      new Contract(await contract.getAddress(), contract.interface, await ethers.getSigner(home)),

    async deploy({ abi, bytecode }: Compiled, ...args: unknown[]): Promise<Contract> {
      const deployed = await new ContractFactory(abi, bytecode, deployer).deploy(...args);
      return new Contract(await deployed.getAddress(), abi, provider);
    },

    /** The project's euro coin, which anyone mints here. */
    async deployEuro(): Promise<Contract> {
      const euro = await ethers.deployContract("LocalEuro");
      return new Contract(await euro.getAddress(), euro.interface, provider);
    },

    /** The euro coin of a market. */
    euroOf: async (market: Contract): Promise<Contract> =>
      new Contract(
        String(await read(market, "token")),
        (await ethers.getContractFactory("LocalEuro")).interface,
        provider,
      ),

    /** One transaction. Throws where it reverts or does not fit. */
    async send(from: string, to: Contract, method: string, ...args: unknown[]): Promise<Receipt> {
      const data = to.interface.encodeFunctionData(method, args);
      const transaction = { from, to: await to.getAddress(), data, gas: toQuantity(GAS_CAP) };
      const hash = (await provider.send("eth_sendTransaction", [transaction])) as string;
      const { gasUsed, logs } = (await provider.send("eth_getTransactionReceipt", [hash])) as RawReceipt;
      return {
        gas: Number(gasUsed),
        events: (of, name) =>
          logs.flatMap((log) => {
            const parsed = of.parseLog(log);
            return parsed?.name === name ? [parsed.args.toObject()] : [];
          }),
      };
    },
  };
}

/** Calls a view. */
export async function read(contract: Contract, method: string, ...args: unknown[]): Promise<unknown> {
  return (await contract.getFunction(method).staticCall(...args)) as unknown;
}

/** Whether a transaction failed because it needs more than `GAS_CAP`. */
export const doesNotFit = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("ran out of gas");

/** The account of a home. */
export function homeOf(homes: readonly string[], home: number): string {
  const account = homes[home];
  if (account === undefined) throw new Error(`no account for home ${home}`);
  return account;
}

/** As many accounts as the homes of some orders need. */
export const homesOf = (orders: readonly BaselineOrder[]): number =>
  Math.max(-1, ...orders.map(({ home }) => home)) + 1;
