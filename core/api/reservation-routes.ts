/** The routes of reservations: everyone sees them, operators make, change and end them. */
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { ReservationRequest, ReservationUpdate } from "../model/reservation-views.ts";
import type { Access } from "./access.ts";
import { sendRefusal, sendResult } from "./faults.ts";
import type { ControllerPort } from "./port.ts";
import { answers, DONE } from "./schemas/answers.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";
import { callerHeadersSchema } from "./schemas/request-schemas.ts";
import {
  reservationRequestSchema,
  reservationUpdateSchema,
  reservationViewSchema,
} from "./schemas/reservation-schemas.ts";
import { refTo } from "./schemas/schema.ts";

interface OnReservation {
  Params: { name: string };
}

const tags = ["cluster"];
const querystring = noQuerySchema;
const headers = callerHeadersSchema;
const params = Type.Object(
  { name: Type.String({ pattern: "^[^\\s\\u0000/]{1,255}$", description: "a reservation's name" }) },
  { additionalProperties: false },
);

/** Adds /v1/reservations. */
export const addReservationRoutes = (app: FastifyInstance, port: ControllerPort, access: Access): void => {
  const list = Type.Object({ reservations: Type.Array(refTo(reservationViewSchema)) });
  app.get(
    "/v1/reservations",
    {
      schema: {
        tags,
        operationId: "listReservations",
        summary: "All reservations that are not over",
        querystring,
        response: answers(200, list),
      },
    },
    async (_request, reply) => reply.send({ reservations: await port.reservations() }),
  );
  app.post<{ Body: ReservationRequest }>(
    "/v1/reservations",
    {
      schema: {
        tags,
        operationId: "createReservation",
        summary: "Keep nodes for some users, accounts or maintenance; for operators",
        querystring,
        headers,
        body: refTo(reservationRequestSchema),
        response: answers(201, Type.Object({ name: Type.String() })),
      },
    },
    async (request, reply) => {
      const made = await port.createReservation(request.body, access.caller(request.headers));
      if (!made.ok) return sendRefusal(reply, made.refusal);
      return reply.code(201).send({ name: made.value });
    },
  );
  app.patch<OnReservation & { Body: ReservationUpdate }>(
    "/v1/reservations/:name",
    {
      schema: {
        tags,
        operationId: "updateReservation",
        summary: "Change a reservation; for operators",
        querystring,
        params,
        headers,
        body: refTo(reservationUpdateSchema),
        response: answers(204, DONE),
      },
    },
    async (request, reply) => {
      const { params: on, body } = request;
      return sendResult(
        reply,
        await port.updateReservation(on.name, body, access.caller(request.headers)),
        204,
      );
    },
  );
  app.delete<OnReservation>(
    "/v1/reservations/:name",
    {
      schema: {
        tags,
        operationId: "deleteReservation",
        summary: "End a reservation that no job asks for; for operators",
        querystring,
        params,
        headers,
        response: answers(204, DONE),
      },
    },
    async (request, reply) =>
      sendResult(
        reply,
        await port.deleteReservation(request.params.name, access.caller(request.headers)),
        204,
      ),
  );
};
