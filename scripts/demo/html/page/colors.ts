/** Colours by meaning; the style sheet gives them for light, dark and print. */
export const COLOR = {
  demand: "var(--demand)",
  sun: "var(--sun)",
  trade: "var(--trade)",
  price: "var(--price)",
  public: "var(--public)",
  worse: "var(--worse)",
  muted: "var(--muted)",
  ink: "var(--ink)",
  soft: "var(--soft)",
  surface: "var(--surface)",
} as const;
