/** Configuration, as answers show it. */
import { z } from "zod";
import { defaultLimits, type Limits } from "../../limits.ts";
import { amount, countsOf, json } from "./words.ts";

const names = Object.keys(defaultLimits) as (keyof Limits)[];
const all: z.ZodType<Limits> = countsOf(names).meta({
  id: "LimitValues",
  description: "Names end with their unit",
});

export const limits = z.object({ limits: all, defaults: all }).meta({ id: "Limits" });

export const config = z.object({
  config: z.looseObject({
    home: z.string().optional(),
    host: z.string().optional().meta({ examples: ["127.0.0.1"] }),
    port: amount.optional().meta({ examples: [7420] }),
    swarm: z.string().optional(),
    inbox: z.string().optional(),
    logLevel: json.optional().meta({ examples: ["info"] }),
  }),
  limits: all,
}).meta({ id: "Config" });
