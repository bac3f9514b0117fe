/** zod as the one source of what the API takes and answers: it checks requests and is what the OpenAPI description says. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ServiceError } from "../../errors.ts";

/** Lets routes name zod schemas. */
export function useZod(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema, httpPart }) => (data: unknown) => {
    const result = (schema as z.ZodType).safeParse(data);
    if (result.success) return { value: result.data };
    const lines = result.error.issues.map(({ path, message }) => `${[httpPart, ...path].join(".")}: ${message}`);
    return { error: new ServiceError("MESSAGE_INVALID", `${lines.join("; ")}.`) };
  });
  // Answers are made here, and small: a second check of them would say nothing.
  app.setSerializerCompiler(() => (data: unknown) => JSON.stringify(data));
}

/** A zod schema as OpenAPI 3.1 writes it. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const json = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return Object.fromEntries(Object.entries(json).filter(([name]) => name !== "$schema"));
}
