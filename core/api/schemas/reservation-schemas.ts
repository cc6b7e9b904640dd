/** Schemas of reservations: what is asked of them and what is shown. Data only. */
import { Type } from "@sinclair/typebox";
import { MAX_RESERVATION_NAMES } from "../../model/reservation.ts";
import type {
  ReservationRequest,
  ReservationUpdate,
  ReservationView,
} from "../../model/reservation-views.ts";
import { describes, MAX_GRAMMAR_CHARS, MAX_INT32, MAX_NAME_CHARS, text, whole } from "./schema.ts";

const MAX_FLAGS = 32;
const MAX_COUNT = 131_072;

const names = () => Type.Optional(Type.Array(text(MAX_NAME_CHARS), { maxItems: MAX_RESERVATION_NAMES }));
const epochS = () => whole(0, Number.MAX_SAFE_INTEGER, "Epoch seconds.");
const count = (most: number, description: string) => Type.Optional(whole(1, most, description));

/** What is said of a new reservation and of a change alike. */
const nodesAndWho = {
  nodes: Type.Optional(text(MAX_GRAMMAR_CHARS, "Hostlist, or ALL.")),
  nodeCount: count(MAX_COUNT, "Nodes that the controller chooses."),
  coreCount: count(MAX_INT32, "Cores; whole nodes that have as many are chosen."),
  partition: Type.Optional(text(MAX_NAME_CHARS)),
  features: Type.Optional(text(MAX_GRAMMAR_CHARS, "Joined with &.")),
  users: names(),
  accounts: names(),
  groups: names(),
  flags: Type.Optional(Type.Array(text(64), { maxItems: MAX_FLAGS })),
};

/** A reservation of nodes. */
export const reservationViewSchema = describes<ReservationView>()(
  Type.Object(
    {
      name: Type.String(),
      startS: Type.Integer({ description: "Epoch seconds; of a recurring one of the current or next time." }),
      endS: Type.Integer(),
      nodes: Type.String({ description: "Hostlist." }),
      nodeCount: Type.Integer(),
      coreCount: Type.Integer(),
      cpuCount: Type.Integer(),
      features: Type.String(),
      partition: Type.String(),
      users: Type.Array(Type.String({ description: "A leading - says who may not." })),
      accounts: Type.Array(Type.String()),
      groups: Type.Array(Type.String()),
      flags: Type.Array(Type.String()),
      isActive: Type.Boolean(),
    },
    { $id: "ReservationView", additionalProperties: false },
  ),
);

/** A new reservation. */
export const reservationRequestSchema = describes<ReservationRequest>()(
  Type.Object(
    {
      name: Type.Optional(text(MAX_NAME_CHARS, "Absent: made of the first user or account and a number.")),
      startS: epochS(),
      endS: epochS(),
      ...nodesAndWho,
    },
    { $id: "ReservationRequest", additionalProperties: false },
  ),
);

/** What may be changed of a reservation. */
export const reservationUpdateSchema = describes<ReservationUpdate>()(
  Type.Object(
    {
      startS: Type.Optional(epochS()),
      endS: Type.Optional(epochS()),
      durationS: Type.Optional(whole(1)),
      skip: Type.Optional(Type.Boolean({ description: "A recurring one goes on to its next time." })),
      ...nodesAndWho,
    },
    { $id: "ReservationUpdate", additionalProperties: false, minProperties: 1 },
  ),
);
