import type { ClassicRefusal } from "../../cluster/classic-refusal.js";

export const notAFile = (path: string): ClassicRefusal => ({
  code: "not_a_file",
  message: `${path} is not a file`,
  fix: "Name exo's models.py, its checkout or its virtual environment.",
});

export const noPermission = (what: string): ClassicRefusal => ({
  code: "no_permission",
  message: `this user may not ${what}`,
  fix: "Run this as the user that installed exo.",
});

export const notUtf8: ClassicRefusal = {
  code: "not_utf8",
  message: "the file is not valid UTF-8",
  fix: "Save it as UTF-8, or restore it from exo's repository.",
};

export const recordDamaged = (path: string): ClassicRefusal => ({
  code: "record_damaged",
  message: `${path}, where exoctl keeps what it has changed, can't be read`,
  fix: "Move it away; entries that were added before then have to be removed by hand.",
});

export const changedMeanwhile = (path: string): ClassicRefusal => ({
  code: "changed_meanwhile",
  message: `${path} was changed by something else while exoctl worked on it`,
  fix: "Run this again.",
});

export const busy = (lock: string): ClassicRefusal => ({
  code: "busy",
  message: "another exoctl is working on this file",
  fix: `Wait for it to end. If there is none, remove ${lock}.`,
});
