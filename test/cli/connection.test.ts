import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findConnection } from "../../core/cli/connection.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-connection-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const writeConnect = (directory: string, url: string): void => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "token"), "from-file\n");
  writeFileSync(
    join(directory, "connect.json"),
    JSON.stringify({ url, tokenFile: join(directory, "token") }),
  );
};

describe("finding the controller", () => {
  it("takes ROTA_URL with a token or a token file before anything else", () => {
    writeConnect(folder, "http://file:1");
    const env = { ROTA_URL: "http://env:1", ROTA_STATE_DIR: folder };
    expect(findConnection({ ...env, ROTA_TOKEN: "t" })).toEqual({
      ok: true,
      value: { url: "http://env:1", token: "t" },
    });
    expect(findConnection({ ...env, ROTA_TOKEN_FILE: join(folder, "token") })).toEqual({
      ok: true,
      value: { url: "http://env:1", token: "from-file" },
    });
    expect(findConnection(env)).toMatchObject({ ok: false, refusal: { code: "UNAUTHORIZED" } });
  });

  it("reads connect.json of ROTA_STATE_DIR, else of the user's own state directory", () => {
    writeConnect(join(folder, ".local/state/rota"), "http://own:1");
    writeConnect(join(folder, "state"), "http://state:1");
    const urlOf = (env: Record<string, string>) => {
      const found = findConnection(env);
      return found.ok ? found.value.url : found.refusal.code;
    };
    expect(urlOf({ HOME: folder })).toBe("http://own:1");
    expect(urlOf({ HOME: folder, ROTA_STATE_DIR: join(folder, "state") })).toBe("http://state:1");
  });

  it("goes to no other controller where ROTA_STATE_DIR has none", () => {
    writeConnect(join(folder, ".local/state/rota"), "http://own:1");
    const found = findConnection({ HOME: folder, ROTA_STATE_DIR: join(folder, "empty") });
    expect(found).toMatchObject({ ok: false, refusal: { code: "CONTROLLER_UNREACHABLE" } });
  });

  it("says what is wrong with a broken connect.json and with a token that cannot be read", () => {
    writeFileSync(join(folder, "connect.json"), "{");
    expect(findConnection({ ROTA_STATE_DIR: folder })).toMatchObject({
      ok: false,
      refusal: { code: "CONTROLLER_UNREACHABLE" },
    });
    writeConnect(folder, "http://x:1");
    rmSync(join(folder, "token"));
    expect(findConnection({ ROTA_STATE_DIR: folder })).toMatchObject({
      ok: false,
      refusal: { code: "UNAUTHORIZED" },
    });
  });
});
