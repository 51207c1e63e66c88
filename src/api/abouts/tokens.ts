/** What the document tells of tokens. */
import type { About } from "../about.ts";
import * as shapes from "../shapes/tokens.ts";
import { pageOf } from "../shapes/words.ts";
import { tokenSchemas } from "../token-requests.ts";

const tag = "tokens";

export const self: About = {
  ...{ id: "readOwnToken", tag, summary: "The token of this request, without its secret" },
  answer: shapes.token,
};

export const list: About = {
  ...{ id: "listTokens", tag, summary: "All tokens by name, without secrets" },
  query: tokenSchemas.tokensQuery,
  answer: pageOf(shapes.token),
};

export const show: About = {
  ...{ id: "readToken", tag, summary: "One token, without its secret" },
  answer: shapes.token,
  refuses: ["token_not_found"],
};

export const create: About = {
  ...{ id: "createToken", tag, summary: "Make a token; its secret is shown this once" },
  body: tokenSchemas.newToken,
  status: 201,
  answer: shapes.issued,
  refuses: ["token_taken", "too_many_tokens", "invalid_address"],
};

export const rotate: About = {
  ...{ id: "rotateToken", tag, summary: "Give a token a new secret, shown this once" },
  body: tokenSchemas.rotation,
  mayBeEmpty: true,
  answer: shapes.issued,
  refuses: ["token_not_found", "token_revoked"],
};

export const revoke: About = {
  ...{ id: "revokeToken", tag, summary: "Let a token be taken no more" },
  answer: shapes.token,
  refuses: ["token_not_found", "owner_token"],
};
