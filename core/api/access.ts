/** Who may ask and who asks: the bearer token, compared in constant time, and the headers that name the caller. */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { userInfo } from "node:os";
import type { Refusal } from "../model/refusal.ts";
import { RequestFault } from "./faults.ts";
import type { Caller } from "./port.ts";

export interface Access {
  /** Undefined where the request carries the token, else what to answer. */
  refuse(request: IncomingMessage): Refusal | undefined;
  /** Throws a RequestFault for a user without a uid or the other way round. The schema has checked their form. */
  caller(headers: IncomingMessage["headers"]): Caller;
}

/** Throws where the token is empty: an API without one would be open to every user of the machine. */
export const createAccess = (token: string): Access => {
  if (token === "") throw new Error("the API needs a token");
  const right = Buffer.from(`Bearer ${token}`);
  const own = ownUser();
  return {
    refuse: (request) => {
      const given = Buffer.from(request.headers.authorization ?? "");
      // A header of another length is compared all the same, so that the time tells nothing but the length.
      const same = timingSafeEqual(given.length === right.length ? given : right, right);
      return same && given.length === right.length ? undefined : NO_TOKEN;
    },
    caller: (headers) => {
      const user = headers["x-rota-user"];
      const uid = headers["x-rota-uid"];
      if (user === undefined && uid === undefined) return own;
      if (typeof user !== "string")
        throw new RequestFault("header/x-rota-user: is missing beside x-rota-uid");
      if (typeof uid !== "string") throw new RequestFault("header/x-rota-uid: is missing beside x-rota-user");
      const number = Number(uid);
      return { user, uid: number, operator: number === 0 || number === own.uid };
    },
  };
};

/** Whether the other side is on this machine. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined &&
  (address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127."));

const NO_TOKEN: Refusal = {
  code: "UNAUTHORIZED",
  message: "Send the token of the controller's token file in the header `authorization: Bearer TOKEN`.",
};

/** Who holds the token and names nobody acts as the user whose controller this is. */
const ownUser = (): Caller => {
  const uid = process.getuid?.() ?? 0;
  try {
    return { user: userInfo().username, uid, operator: true };
  } catch {
    // A uid without an entry in the user database, as containers have.
    return { user: String(uid), uid, operator: true };
  }
};
