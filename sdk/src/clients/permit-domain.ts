/** The EIP-712 domain under which a token takes permits. */
import { TypedDataEncoder } from "ethers";
import type { TypedDataDomain } from "ethers";
import { PermitDomainError } from "../errors.ts";
import type { Address, Hex } from "../hex.ts";
import type { Endpoint } from "./endpoint.ts";
import { isRevert } from "./revert.ts";

/**
 * The domain that the token states (EIP-5267), or for tokens without that, as USDC, the one made of its name and version that
 * gives its `DOMAIN_SEPARATOR` (EIP-2612).
 * @throws PermitDomainError where neither can be had: use an allowance
 */
export async function permitDomain(token: Endpoint): Promise<TypedDataDomain> {
  const stated = await answer(token, "eip712Domain");
  if (stated !== undefined) {
    const [, name, version, chainId, verifyingContract] = stated as [string, string, string, bigint, Address];
    return { name, version, chainId, verifyingContract };
  }
  const [separator] = ((await answer(token, "DOMAIN_SEPARATOR")) ?? []) as [Hex?];
  const [name] = ((await answer(token, "name")) ?? []) as [string?];
  const [version = "1"] = ((await answer(token, "version")) ?? []) as [string?];
  const network = await token.runner.provider?.getNetwork();
  if (separator === undefined || name === undefined || network === undefined)
    throw new PermitDomainError(token.address);
  const domain = { name, version, chainId: network.chainId, verifyingContract: token.address };
  if (TypedDataEncoder.hashDomain(domain) !== separator) throw new PermitDomainError(token.address);
  return domain;
}

/** Undefined where the token has no such function. */
async function answer(token: Endpoint, view: string): Promise<readonly unknown[] | undefined> {
  try {
    return (await token.read(view, [])).toArray() as readonly unknown[];
  } catch (error) {
    if (isRevert(error)) return undefined;
    throw error;
  }
}
