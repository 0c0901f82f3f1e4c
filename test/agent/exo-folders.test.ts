import { describe, expect, test } from "vitest";
import { type ExoFolderEnvironment, exoFolders } from "../../src/agent/exo-folders.js";

const mac = (env: ExoFolderEnvironment = {}, exoHome?: string) => exoFolders("darwin", env, "/Users/anna", exoHome);

describe("exo's folders", () => {
  test("on a Mac are below ~/.exo, on Linux below the data folder", () => {
    expect(mac()).toEqual({
      cardsFolder: "/Users/anna/.exo/custom_model_cards",
      modelsFolders: ["/Users/anna/.exo/models"],
    });
    expect(exoFolders("linux", {}, "/home/anna").cardsFolder).toBe("/home/anna/.local/share/exo/custom_model_cards");
    expect(exoFolders("linux", { XDG_DATA_HOME: "/data" }, "/home/anna").modelsFolders).toEqual(["/data/exo/models"]);
    expect(mac({ XDG_DATA_HOME: "/data" }).modelsFolders).toEqual(["/Users/anna/.exo/models"]);
  });

  test("move with EXO_HOME, which exo joins to the home folder unless it is absolute", () => {
    expect(mac({ EXO_HOME: "work/exo" }).cardsFolder).toBe("/Users/anna/work/exo/custom_model_cards");
    expect(mac({ EXO_HOME: "/Volumes/x" }).cardsFolder).toBe("/Volumes/x/custom_model_cards");
    expect(mac({ EXO_HOME: "/Volumes/x" }, "/Volumes/y").cardsFolder).toBe("/Volumes/y/custom_model_cards");
  });

  test("for models may be several: exo writes to the first, and none is named twice", () => {
    const env = { EXO_DEFAULT_MODELS_DIR: "/fast", EXO_MODELS_DIRS: "/a::/fast:/b" };
    expect(mac(env)).toEqual({
      cardsFolder: "/Users/anna/.exo/custom_model_cards",
      modelsFolders: ["/fast", "/a", "/b"],
    });
  });

  test("that exo only reads come last, so that nothing is ever linked there", () => {
    const env = { EXO_MODELS_DIRS: "/a", EXO_MODELS_READ_ONLY_DIRS: "/nas/models:~/store" };
    expect(mac(env).modelsFolders).toEqual(["/Users/anna/.exo/models", "/a", "/nas/models", "/Users/anna/store"]);
  });

  test("may begin with ~ where no shell has replaced it, in these two variables only", () => {
    const env = { EXO_DEFAULT_MODELS_DIR: "~/models", EXO_MODELS_DIRS: "~:/x/~y:~other" };
    expect(mac(env).modelsFolders).toEqual(["/Users/anna/models", "/Users/anna", "/x/~y", "~other"]);
  });
});
