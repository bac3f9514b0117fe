/** `npm run local:money -- 0xACCOUNT…`: coin for gas and play money for accounts, on a local chain, from its first account. */
import { readFileSync } from "node:fs";
import { getAddress, Interface, isAddress, JsonRpcProvider, parseEther } from "ethers";

const NODE = "http://127.0.0.1:8545";
/** What `npm run community -- --network localhost` notes of the play coin. */
const NOTED = "deployments/localhost/LocalEuro.json";
const COIN = parseEther("10");
/** Base units: 10,000 euros. */
const MONEY = 10_000_000_000n;

const FAUCET = new Interface(["function faucet(address to, uint256 amount)"]);

/** Gives each account 10 of the chain's coin and 10,000 LEUR. @throws Where the chain is none that hands out money */
export async function giveMoney(url: string, token: string, accounts: readonly string[]): Promise<void> {
  const signer = await new JsonRpcProvider(url, undefined, { cacheTimeout: -1, batchMaxCount: 1 }).getSigner(0);
  for (const to of accounts) {
    const data = FAUCET.encodeFunctionData("faucet", [to, MONEY]);
    for (const call of [
      { to, value: COIN },
      { to: token, data },
    ])
      await (await signer.sendTransaction(call)).wait();
  }
}

/** The accounts of a command line. @throws Where one is none */
export function accountsIn(words: readonly string[]): string[] {
  const [wrong = "Nothing"] = words.filter((word) => !isAddress(word));
  if (words.length > 0 && words.every((word) => isAddress(word))) return words.map((word) => getAddress(word));
  throw new Error(`${wrong} is no account. Name them by their addresses: npm run local:money -- 0x…`);
}

function tokenIn(file: string): string {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { readonly address: string }).address;
  } catch (cause) {
    const help = "npm run community -- --network localhost --file examples/community.json --dev-mnemonic";
    throw new Error(`${file} does not name the play coin. Deploy it: ${help}`, { cause });
  }
}

if (process.argv[1]?.endsWith("local-money.ts")) {
  try {
    const accounts = accountsIn(process.argv.slice(2));
    const token = tokenIn(NOTED);
    await giveMoney(NODE, token, accounts);
    console.log(`Each has 10 of the chain's coin and 10,000 LEUR more. LEUR is ${token}.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
