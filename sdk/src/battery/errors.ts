/** Errors of the community battery. */
import { WattbookError } from "../errors.ts";

/** A limit, an efficiency or a duration that no battery has, or that contradicts another one. */
export class BatteryError extends WattbookError {
  readonly code = "BATTERY_INVALID";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly rule: string,
  ) {
    super(`${field} is ${String(value)}. ${rule}`);
  }
}

/** Stored energy outside of the battery's limits. */
export class StoredError extends WattbookError {
  readonly code = "STORED_OUT_OF_LIMITS";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly least: bigint,
    readonly most: bigint,
  ) {
    super(`${field} is ${String(value)} mWh. Pass ${least} to ${most}: read the battery again, or correct its limits.`);
  }
}

/** Stored energy asked for at the end that charging at full power in every slot does not reach. */
export class EndUnreachableError extends WattbookError {
  readonly code = "END_UNREACHABLE";

  constructor(
    readonly value: bigint,
    readonly most: bigint,
  ) {
    super(
      `endMilliWh is ${value}. Charging at full power in every slot reaches ${most}: ask for less, or plan more slots.`,
    );
  }
}

/** A slot of the horizon without a forecast. */
export class ForecastMissingError extends WattbookError {
  readonly code = "FORECAST_MISSING";

  constructor(readonly field: string) {
    super(`${field} has no forecast. Pass netWh, importPrice and exportPrice of every slot up to the horizon's end.`);
  }
}

/** A slot in which a Wh fed in earns more than one taken costs. */
export class ExportAboveImportError extends WattbookError {
  readonly code = "EXPORT_ABOVE_IMPORT";

  constructor(
    readonly field: string,
    readonly exportPrice: bigint,
    readonly importPrice: bigint,
  ) {
    super(
      `${field}.exportPrice is ${exportPrice}, its importPrice ${importPrice}: taking and feeding in at once would earn. ` +
        `Pass an export price at or below the import price, as in a tariff.`,
    );
  }
}

/** A plan that the battery cannot follow, or whose figures do not follow from its moves. */
export class PlanRefusedError extends WattbookError {
  readonly code = "PLAN_REFUSED";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly least: bigint,
    readonly most: bigint,
  ) {
    super(
      `${field} is ${value}. The battery's limits allow ${least} to ${most}: do not send this plan, and plan again.`,
    );
  }
}

/** What should be the solver and is not. */
export class SolverUnfitError extends WattbookError {
  readonly code = "SOLVER_UNFIT";

  constructor(
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(
      `The solver is not usable: ${found}. Install "highs" and pass the function that it exports by default.`,
      options,
    );
  }
}

/** A program that the solver gave up, or an answer without numbers. */
export class SolverFailedError extends WattbookError {
  readonly code = "SOLVER_FAILED";

  constructor(
    readonly status: string,
    options?: ErrorOptions,
  ) {
    super(
      `The solver ended with "${status}". Limits and prices were checked before, so load the solver again; planByRule needs none.`,
      options,
    );
  }
}
