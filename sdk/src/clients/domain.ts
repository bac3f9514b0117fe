/** The EIP-712 domain of a contract, as it says itself (EIP-5267). */
import type { Address } from "../hex.ts";
import { wattbookDomain } from "../typed-data.ts";
import type { Domain } from "../typed-data.ts";
import type { Endpoint } from "./endpoint.ts";

/** Reads `eip712Domain`; name and version are the same for all contracts of all deployments. */
export async function readDomain(endpoint: Endpoint): Promise<Domain> {
  const [, , , chainId, verifyingContract] = await endpoint.read("eip712Domain", []);
  return wattbookDomain(chainId as bigint, verifyingContract as Address);
}
