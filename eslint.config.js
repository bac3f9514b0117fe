import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const SUITE = "/^(describe|context|suite)$/";
const ASYNC_SUITE = "Mocha does not wait for an async suite: its tests are lost. Put the await in a hook or a fixture.";

export default defineConfig(
  {
    ignores: ["types/", "**/dist/", "artifacts/", "cache/", "coverage/", "sdk/src/abi/"],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          "./tsconfig.json",
          "./examples/tsconfig.json",
          "./sdk/tsconfig.json",
          "./data/tsconfig.json",
          "./services/tsconfig.json",
          "./cli/tsconfig.json",
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { checkThenables: true }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        { selector: `CallExpression[callee.name=${SUITE}] > :function[async=true]`, message: ASYNC_SUITE },
        { selector: `CallExpression[callee.object.name=${SUITE}] > :function[async=true]`, message: ASYNC_SUITE },
        {
          selector: "MemberExpression[object.name=/^(describe|context|suite|it|test)$/][property.name='only']",
          message: "An exclusive test hides all the others.",
        },
      ],
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
