/** Whom a request is counted for. */
import { isIPv6 } from "node:net";

/** Groups of an IPv6 address that name a network: whoever has one has all addresses in it. */
const NETWORK = 4;

/** An IPv4 address, also where it comes within an IPv6 one; of any other IPv6 address its /64. */
export function peerOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain)) return address;
  const [before = "", after = ""] = plain.split("::");
  const [head, tail] = [before, after].map((part) => part.split(":").filter((group) => group !== "")) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  const groups = [...head, ...zeros, ...tail].slice(0, NETWORK);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
