import { expect } from "chai";
import {
  contractsWithInterface,
  functionsOf,
  hasTest,
  outcomesOf,
  parentsOf,
  parseTree,
  sourceOf,
  trees,
} from "./helpers/trees.ts";

const words = (text: string): string[] => text.match(/\w+/g) ?? [];

describe("Behaviour trees", function () {
  for (const [name, tree] of trees()) {
    describe(name, function () {
      it("is the tree of a function of the contract", function () {
        expect(`${tree.contract}.${tree.function}`).to.equal(name);
        expect(functionsOf(tree.contract)).to.include(tree.function);
      });

      it("names a test for every leaf, in a file that knows what the leaf is about", function () {
        for (const leaf of tree.leaves) {
          expect(hasTest(leaf), `${leaf.file}: ${leaf.title}`).to.equal(true);
          const known = contractsWithInterface().flatMap(outcomesOf);
          const outcomes = words(leaf.text).filter((word) => known.includes(word));
          const source = words(sourceOf(leaf.file));
          expect(
            outcomes.filter((outcome) => !source.includes(outcome)),
            leaf.text,
          ).to.deep.equal([]);
        }
      });

      it("names no error or reason that is not there any more", function () {
        const known = [...contractsWithInterface().flatMap(outcomesOf), ...functionsOf(tree.contract)];
        const inCamelCase = tree.leaves.flatMap(({ text }) => text.match(/\b[A-Z]?[a-z]+[A-Z]\w+/g) ?? []);
        expect(inCamelCase.filter((word) => !known.includes(word))).to.deep.equal([]);
      });
    });
  }

  it("find no errors and reasons of their own only where an interface adds none to those it inherits, and in the lens", function () {
    const without = contractsWithInterface().filter((contract) => outcomesOf(contract).length === 0);
    expect(without.map((contract) => [contract, parentsOf(contract)])).to.deep.equal([
      ["DoubleAuction", ["OrderBook", "MarketModule"]],
      ["OrderBookLens", []],
      ["SealedAuction", ["OrderBook", "MarketModule"]],
    ]);
  });

  for (const contract of contractsWithInterface().filter((each) => outcomesOf(each).length > 0)) {
    it(`name every error and every reason of I${contract}`, function () {
      // What is inherited is named by the trees of any heir.
      const own = trees().filter(([, tree]) => [tree.contract, ...parentsOf(tree.contract)].includes(contract));
      const named = own.flatMap(([, { leaves }]) => leaves.flatMap(({ text }) => words(text)));
      expect(outcomesOf(contract).filter((outcome) => !named.includes(outcome))).to.deep.equal([]);
    });
  }
});

describe("A behaviour tree", function () {
  const leaf = "it works // trees: is no tree without it";
  const bad = {
    "without a branch": "A.b\n",
    "without a name": `├── when it rains\n│   └── ${leaf}\n`,
    "with a branch that ends in nothing": "A.b\n└── when it rains\n",
    "with a leaf that names no test": "A.b\n└── when it rains\n    └── it works\n",
    "with a branch below a leaf": `A.b\n└── ${leaf}\n    └── when it rains\n        └── ${leaf}\n`,
    "with a step left out": `A.b\n└── when it rains\n        └── ${leaf}\n`,
    "with a branch beside an empty one": `A.b\n├── when it rains\n└── when it snows\n    └── ${leaf}\n`,
    "with another beginning": `A.b\n└── if it rains\n    └── ${leaf}\n`,
  };
  for (const [what, text] of Object.entries(bad)) {
    it(`is none ${what}`, function () {
      expect(() => parseTree(text)).to.throw(/tree/);
    });
  }

  it("names a test by the title that is printed", function () {
    const file = "trees";
    expect(parseTree(`A.b\n└── when it rains\n    └── ${leaf}`).leaves).to.have.length(1);
    const has = (title: string) => hasTest({ text: "", file, title });
    expect(has("names a test by the title that is printed")).to.equal(true);
    expect(has("is none without a branch")).to.equal(true);
    expect(has(["is none beyond", "words"].join(" "))).to.equal(false);
    expect(has("names a test by the title")).to.equal(false);
  });
});
