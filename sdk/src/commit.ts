/**
 * Commits of sealed communities: chunks of strips under one root, bound before the gate and revealed behind it. The root
 * is H(c1, H(c2, … H(cn, 0))) over the chunks' keccak256, with H(a, b) = keccak256 of both.
 */
import { keccak256 } from "ethers";
import { CHUNK_HEAD_BYTES, decodeChunk, encodeChunk } from "./chunk.ts";
import type { ChunkContext } from "./chunk.ts";
import { BadLengthError, ChunkLimitError, MixedStripsError, NotInCommitError } from "./errors.ts";
import type { Side } from "./entry.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, keccakDigits } from "./internal/words.ts";
import { packedLength } from "./packed-strips.ts";
import type { SignedStrip } from "./packed-strips.ts";
import { stripName } from "./receipt.ts";
import type { Strip } from "./strip.ts";
import type { Domain } from "./typed-data.ts";
import type { SlotOffset } from "./units.ts";

/** What one chunk may hold: it is revealed in one call. */
export interface ChunkLimits {
  /** Bytes of the chunk. */
  readonly bytes: number;
  /** Gas that its strips may take together. */
  readonly gas: bigint;
  /** Gas to allow for a strip, whatever it holds. */
  readonly gasPerStrip: bigint;
  /** Gas to allow besides for a strip whose member does not stand behind that of the strip before it: it is asked about anew. */
  readonly gasPerRun: bigint;
  /** Gas to allow for an entry besides. Most takes one that is refused among others that are accepted. */
  readonly gasPerEntry: bigint;
  /** Gas to allow for a slot that the chunk has an entry in, and for a word of tick volumes that it changes. */
  readonly gasPerSlot: bigint;
  readonly gasPerWord: bigint;
  /** Ticks whose volumes share a word: 16, or 8 in a community with wide ticks. */
  readonly ticksPerWord: number;
  /** Words that are known not to be new; none if left out. */
  readonly used?: UsedWords | undefined;
}

/** Words of the chain that were written before. A word that held something once never is new again. */
export interface UsedWords {
  /** Whether the place in the ring that a strip's journal takes was. */
  readonly hasJournal: (strip: Strip) => boolean;
  /** Whether a word of tick volumes was, in the place in the ring of the strip's period. @param index Of the words of that side, low ticks first. */
  readonly hasTicks: (strip: Strip, offset: SlotOffset, side: Side, index: number) => boolean;
}

/** Gas that the first write to a word takes above any later one. */
const NEW_WORD_GAS = 17_100n;

/**
 * Limits for chunks of which nothing is known: each can be revealed, whatever its strips hold, and though every word that it writes were
 * new. A chunk that does not fit its transaction costs the bond. A period that is cleared out of memory writes no tick words, so they may be
 * new however old the community is: `used` says which are not.
 *
 * Nodes take transactions of up to 128 KiB, of which the hashes of 254 other chunks, the call and its signature take less than
 * 10 KiB. A transaction has 2^24 gas, of which the rest of the call and the check of the chain take less than 2^21. Clearing in the same
 * call is not in it. A slot may have eight tick words: allow 2,100 gas more for a slot for each beyond.
 */
export const CHUNK_LIMITS: ChunkLimits = {
  bytes: 118 * 1_024,
  gas: (1n << 24n) - (1n << 21n),
  gasPerStrip: 51_000n,
  gasPerRun: 21_000n,
  gasPerEntry: 1_000n,
  gasPerSlot: 27_000n,
  gasPerWord: 23_000n,
  ticksPerWord: 16,
};

/**
 * Limits for strips that a relayer has checked entry by entry, so that all will be accepted. Check them in the period of the gate, from whose
 * start on nothing changes any more that an entry depends on.
 */
export const CHECKED_LIMITS: ChunkLimits = { ...CHUNK_LIMITS, gasPerEntry: 600n };

/**
 * What limits allow for where every word was written before: `{ ...CHUNK_LIMITS, ...USED_RINGS }`. Never commit to chunks of these
 * unless you know that earlier periods wrote the tick words, by calls that did not clear: with one new word in four a chunk does not fit.
 */
export const USED_RINGS = {
  gasPerStrip: 33_000n,
  gasPerSlot: 9_000n,
  gasPerWord: 5_300n,
} as const satisfies Partial<ChunkLimits>;

/** Chunks and strips that the word of a commit counts. */
const MOST_CHUNKS = 255;
const MOST_STRIPS = 65_535;
const NOTHING = "00".repeat(32);

/** One chunk of a commit. */
export interface Chunk {
  readonly bytes: Hex;
  /** keccak256 of the bytes. */
  readonly hash: Hex;
  /** Strips in it. */
  readonly strips: number;
}

/** What a relayer keeps until its commit is finished. Make it with `buildCommit`. */
export interface SealedCommit extends ChunkContext {
  readonly chunks: readonly Chunk[];
  readonly root: Hex;
  /** Strips in all chunks. */
  readonly strips: number;
}

/** A chunk and where it stands in its commit: what `reveal` and `answer` take. */
export interface ShownChunk extends Chunk {
  readonly index: number;
  /** Hashes of the chunks before it. */
  readonly before: readonly Hex[];
  /** Root of the chain behind it, zero behind the last. */
  readonly rest: Hex;
}

/** The chunk that answers a challenge. */
export interface ChunkAnswer extends ShownChunk {
  /** Name of the strip that was asked for. */
  readonly strip: Hex;
  /** Where the strip stands in the chunk. */
  readonly stripIndex: number;
}

/**
 * Packs strips into chunks, in their order: a chunk ends where the next strip would not fit or has another `feeTo`. Most fit where
 * members ascend.
 * @param limits Safe if left out. What they allow for must hold when the chunks are revealed, or the bond is lost.
 * @throws BadLengthError for no strip, more than 65,535 of them, or more than 255 chunks
 * @throws MixedStripsError for strips of several communities or periods
 * @throws ChunkLimitError for a strip that fits no chunk
 * @throws OutOfRangeError
 * @example
 * const commit = buildCommit([{ strip, signature }, partner]);
 * commit.chunks.length // 1
 */
export function buildCommit(strips: readonly SignedStrip[], limits: ChunkLimits = CHUNK_LIMITS): SealedCommit {
  const [first] = strips;
  if (first === undefined || strips.length > MOST_STRIPS) {
    throw new BadLengthError("strips", strips.length, `1 to ${MOST_STRIPS} strips`);
  }
  const { community, period } = first.strip;
  for (const [index, { strip }] of strips.entries()) {
    if (strip.community !== community) throw new MixedStripsError(index, "community", strip.community, community);
    if (strip.period !== period) throw new MixedStripsError(index, "period", strip.period, period);
  }
  const chunks = groupsOf(strips, limits).map((group) => chunkOf(group));
  if (chunks.length > MOST_CHUNKS) throw new BadLengthError("chunks", chunks.length, `at most ${MOST_CHUNKS} chunks`);
  const root = commitRoot(chunks.map(({ hash }) => hash));
  return { community, period, chunks, root, strips: strips.length };
}

function groupsOf(strips: readonly SignedStrip[], limits: ChunkLimits): SignedStrip[][] {
  const groups: SignedStrip[][] = [];
  let load = new Load(limits);
  for (const [index, sealed] of strips.entries()) {
    if (!load.takes(sealed.strip)) {
      load = new Load(limits);
      groups.push([]);
    }
    load.add(sealed.strip);
    // Only a strip that is alone in its chunk can be beyond a limit here.
    if (load.bytes > limits.bytes) throw new ChunkLimitError(index, "bytes", BigInt(load.bytes), BigInt(limits.bytes));
    if (load.gas > limits.gas) throw new ChunkLimitError(index, "gas", load.gas, limits.gas);
    groups.at(-1)?.push(sealed);
  }
  return groups;
}

/** What the strips of a chunk take. */
class Load {
  bytes = CHUNK_HEAD_BYTES;
  gas = 0n;
  readonly #limits: ChunkLimits;
  readonly #slots = new Set<bigint>();
  readonly #words = new Set<string>();
  #feeTo: string | undefined;
  #member = -1n;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** Whether a strip fits beside those that are there. False while there is none. */
  takes(strip: Strip): boolean {
    const { bytes, gas } = this.#limits;
    const fits = this.bytes + packedLength(strip) <= bytes && this.gas + this.#gasOf(strip) <= gas;
    return fits && strip.feeTo.toLowerCase() === this.#feeTo;
  }

  add(strip: Strip): void {
    this.bytes += packedLength(strip);
    this.gas += this.#gasOf(strip);
    this.#feeTo = strip.feeTo.toLowerCase();
    this.#member = strip.member;
    for (const { offset } of strip.entries) this.#slots.add(offset);
    for (const word of this.#newWordsOf(strip).keys()) this.#words.add(word);
  }

  #gasOf(strip: Strip): bigint {
    const { gasPerStrip, gasPerRun, gasPerEntry, gasPerSlot, gasPerWord, used } = this.#limits;
    const { member, entries } = strip;
    const slots = new Set(entries.map(({ offset }) => offset).filter((offset) => !this.#slots.has(offset)));
    const words = this.#newWordsOf(strip);
    const shared = BigInt(slots.size) * gasPerSlot + BigInt(words.size) * gasPerWord;
    const run = member > this.#member ? 0n : gasPerRun;
    const known = used === undefined ? 0 : [...words.values()].filter((isUsed) => isUsed).length;
    const less = NEW_WORD_GAS * BigInt(known + (used?.hasJournal(strip) === true ? 1 : 0));
    return gasPerStrip + run + gasPerEntry * BigInt(entries.length) + shared - less;
  }

  /** Tick words of a strip that no other strip of the chunk has, and whether they are known to be used. */
  #newWordsOf(strip: Strip): Map<string, boolean> {
    const { ticksPerWord, used } = this.#limits;
    const words = new Map<string, boolean>();
    for (const { offset, side, tick } of strip.entries) {
      const index = Math.floor(Number(tick) / ticksPerWord);
      const word = `${offset} ${side} ${index}`;
      if (this.#words.has(word) || words.has(word)) continue;
      words.set(word, used?.hasTicks(strip, offset, side, index) === true);
    }
    return words;
  }
}

function chunkOf(group: readonly SignedStrip[]): Chunk {
  const bytes = encodeChunk(group[0]?.strip.feeTo ?? "", group);
  return { bytes, hash: keccak256(bytes), strips: group.length };
}

/**
 * The root of a list of chunk hashes; zero of an empty one.
 * @example
 * const commit = buildCommit([{ strip, signature }, partner]);
 * commitRoot(commit.chunks.map((chunk) => chunk.hash)) === commit.root // true
 */
export function commitRoot(hashes: readonly Hex[]): Hex {
  return `0x${hashes.reduceRight((rest, hash) => digitsOf(keccakDigits(digitsOf(hash), rest)), NOTHING)}`;
}

/**
 * A chunk of a commit and where it stands: arguments of `reveal`.
 * @throws BadLengthError for an index beyond the last chunk
 * @example
 * const commit = buildCommit([{ strip, signature }, partner]);
 * const { before, rest, strips } = chunkAt(commit, 0);
 * strips // 2
 */
export function chunkAt(commit: Pick<SealedCommit, "chunks">, index: number): ShownChunk {
  const chunk = commit.chunks[index];
  if (chunk === undefined) throw new BadLengthError("chunks", commit.chunks.length, `more than ${index} chunks`);
  const hashes = commit.chunks.map(({ hash }) => hash);
  return { ...chunk, index, before: hashes.slice(0, index), rest: commitRoot(hashes.slice(index + 1)) };
}

/**
 * The root of the commit that a chunk stands in: what anyone compares with the root that the chain knows.
 * @example
 * const commit = buildCommit([{ strip, signature }, partner]);
 * rootOfChunk(chunkAt(commit, 0)) === commit.root // true
 */
export function rootOfChunk({ hash, before, rest }: Pick<ShownChunk, "hash" | "before" | "rest">): Hex {
  const behind = digitsOf(keccakDigits(digitsOf(hash), digitsOf(rest)));
  return `0x${before.reduceRight((root, other) => digitsOf(keccakDigits(digitsOf(other), root)), behind)}`;
}

/**
 * The chunk that answers a challenge: arguments of `answer`.
 * @param domain Of the order book.
 * @param name Of the strip that is asked for; see `stripName`.
 * @throws NotInCommitError
 * @example
 * const commit = buildCommit([{ strip, signature }, partner]);
 * answerTo(marketDomain, commit, stripName(marketDomain, { strip, signature })).stripIndex // 0
 */
export function answerTo(domain: Domain, commit: SealedCommit, name: Hex): ChunkAnswer {
  for (const [index, { bytes }] of commit.chunks.entries()) {
    const strips = decodeChunk(bytes, commit);
    const stripIndex = strips.findIndex((signed) => stripName(domain, signed) === name.toLowerCase());
    if (stripIndex >= 0) return { ...chunkAt(commit, index), strip: name, stripIndex };
  }
  throw new NotInCommitError(name, commit.root);
}
