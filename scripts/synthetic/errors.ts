/** What stops `npm run synthetic` for a reason it can name. */
export class SyntheticError extends Error {
  override readonly name = "SyntheticError";

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
