import { z } from "zod";
import { type ApiKey, keyScopes } from "../../gateway/keys/api-key.js";
import type { KeyUsage } from "../../gateway/keys/key-usage.js";

const atSchema = z.number().nonnegative();
const limitSchema = z.int().positive().exactOptional();

export const keySchema: z.ZodType<ApiKey> = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  scopes: z.array(z.enum(keyScopes)).min(1),
  limits: z.strictObject({ requestsPerMinute: limitSchema, concurrency: limitSchema, tokensPerDay: limitSchema }),
  models: z.array(z.string().min(1)).min(1).exactOptional(),
  createdAt: atSchema,
  expiresAt: atSchema.exactOptional(),
  revokedAt: atSchema.exactOptional(),
});

const countSchema = z.int().nonnegative();
const countsSchema = z.strictObject({
  requests: countSchema,
  promptTokens: countSchema,
  completionTokens: countSchema,
});

export const keyUsageSchema: z.ZodType<KeyUsage> = z.strictObject({
  total: countsSchema,
  day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  onDay: countsSchema,
  lastUsedAt: atSchema,
});
