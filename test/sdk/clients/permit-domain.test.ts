import { expect } from "chai";
import {
  AbiCoder,
  type ContractRunner,
  Network,
  type Provider,
  TypedDataEncoder,
  type TransactionRequest,
  id,
} from "ethers";
import { PermitDomainError } from "../../../sdk/src/errors.ts";
import { PaymentTokenClient } from "../../../sdk/src/clients/payment-token.ts";
import { asAddress } from "../../../sdk/src/hex.ts";

const TOKEN = asAddress("0x00000000000000000000000000000000000000aa", "token");
const USDC = { name: "USDC", version: "2", chainId: 8453n, verifyingContract: TOKEN };
const REVERTED = Object.assign(new Error("execution reverted"), { code: "CALL_EXCEPTION", data: "0x", action: "call" });

/** A token that answers `views` and reverts on everything else, as tokens without a fallback do. */
function token(views: Readonly<Record<string, readonly [type: string, value: string]>>): PaymentTokenClient {
  const bySelector = new Map(Object.entries(views).map(([name, answer]) => [id(`${name}()`).slice(0, 10), answer]));
  const call = ({ data }: TransactionRequest): Promise<string> => {
    const found = bySelector.get((data ?? "").slice(0, 10));
    return found === undefined
      ? Promise.reject(REVERTED)
      : Promise.resolve(AbiCoder.defaultAbiCoder().encode([found[0]], [found[1]]));
  };
  const provider = { getNetwork: () => Promise.resolve(Network.from(8453n)) } as unknown as Provider;
  const runner: ContractRunner = { provider, call };
  return new PaymentTokenClient({ address: TOKEN, runner });
}

const separatorOf = (domain: typeof USDC): readonly [string, string] => [
  "bytes32",
  TypedDataEncoder.hashDomain(domain),
];

const thrownBy = (client: PaymentTokenClient): Promise<unknown> =>
  client.domain().then(
    () => undefined,
    (error: unknown) => error,
  );

describe("PaymentTokenClient.domain", function () {
  it("is made of name and version where the token does not state it, as USDC", async function () {
    const usdc = token({
      name: ["string", "USDC"],
      version: ["string", "2"],
      DOMAIN_SEPARATOR: separatorOf(USDC),
    });
    expect(await usdc.domain()).to.deep.equal(USDC);
  });

  it("takes version 1 where the token names none", async function () {
    const old = { ...USDC, version: "1" };
    const client = token({ name: ["string", "USDC"], DOMAIN_SEPARATOR: separatorOf(old) });
    expect(await client.domain()).to.deep.equal(old);
  });

  it("is refused where it does not give the token's separator", async function () {
    const client = token({ name: ["string", "USDC"], DOMAIN_SEPARATOR: separatorOf({ ...USDC, chainId: 1n }) });
    expect(await thrownBy(client))
      .to.be.instanceOf(PermitDomainError)
      .and.include({ token: TOKEN });
  });

  it("is refused for a token without permits", async function () {
    const thrown = await thrownBy(token({ name: ["string", "Tether USD"] }));
    expect(thrown).to.be.instanceOf(PermitDomainError).and.include({ code: "PERMIT_UNSUPPORTED" });
  });
});
