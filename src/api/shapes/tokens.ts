/** Tokens, as answers show them. */
import { z } from "zod";
import { roles } from "../../roles.ts";
import { type IssuedToken, tokenStatuses, type TokenView } from "../../supervisor/token-views.ts";
import { address, atMs, sender } from "./words.ts";

const fields = {
  name: z.string().meta({ examples: ["grafana"] }),
  role: z.enum(roles).meta({ examples: ["viewer"] }),
  scope: address.nullable().meta({ description: "The subtree of an agent's token" }),
  status: z.enum(tokenStatuses),
  createdBy: sender,
  createdAtMs: atMs,
  expiresAtMs: atMs.nullable(),
  rotatedAtMs: atMs.nullable(),
  previousUntilMs: atMs.nullable(),
  revokedAtMs: atMs.nullable(),
  lastUsedAtMs: atMs.nullable(),
};

export const token: z.ZodType<TokenView> = z.object(fields).meta({ id: "Token" });

export const issued: z.ZodType<IssuedToken> = z.object({
  ...fields,
  token: z.string().meta({ description: "The secret", examples: ["shown once"] }),
}).meta({ id: "IssuedToken" });
