/** What @fastify/swagger is told, so that it makes an OpenAPI 3.1 document of the routes' schemas. Data, used once. */

/** Options of @fastify/swagger. */
export const documentOptions = (version: string) => ({
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Rota",
      version,
      description:
        "The REST API of a Rota controller. Times are epoch seconds, amounts integers with the unit last in their " +
        "names. Every failure is {code, message, details?}; GET /v1/errors lists the codes.",
    },
    tags: [
      { name: "jobs", description: "Submit, look at and change jobs" },
      { name: "cluster", description: "Nodes, partitions and the controller" },
    ],
    components: {
      securitySchemes: {
        token: {
          type: "http" as const,
          scheme: "bearer",
          description: "The token of the controller's token file.",
        },
      },
    },
    security: [{ token: [] }],
  },
  refResolver: {
    buildLocalReference: (
      schema: { readonly $id?: unknown },
      _base: unknown,
      _fragment: string,
      i: number,
    ) => (typeof schema.$id === "string" ? schema.$id : `schema-${i}`),
  },
  transformObject: (given: object) => {
    const document = (given as { readonly openapiObject: Document }).openapiObject;
    markOptionalBodies(document);
    return document;
  },
});

interface Shape {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly minProperties?: number;
}

interface Operation {
  readonly requestBody?: {
    required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Shape }>>;
  };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> };
}

/** A body in which nothing is required may be left out; the schemas of routes have no word for that. */
const markOptionalBodies = ({ paths, components }: Document): void => {
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    const body = operation.requestBody;
    const schema = body?.content["application/json"]?.schema;
    if (body === undefined || schema === undefined) continue;
    const shape = components.schemas[schema.$ref?.split("/").pop() ?? ""] ?? schema;
    if (shape.required === undefined && shape.minProperties === undefined) body.required = false;
  }
};
