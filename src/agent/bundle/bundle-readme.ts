import { modelFolderName } from "../../cluster/names.js";
import { type ModelManifest, manifestBytes, manifestDigest } from "../../models/sync/manifest.js";
import { vocabulary } from "../../models/vocabulary.js";

/** What a person finds in a bundle who has only the bundle. */
export const bundleReadme = (manifest: ModelManifest): string => `${manifest.modelId}, for machines without internet

Written by exoctl. On the Mac that shall have the model:

  exoctl model sync ${manifest.modelId} --offline --import <this folder>

It copies the files into exo's models folder and checks every byte before the model appears there. Do it on every Mac of the
cluster: exo wants all files on each of them.

  ${modelFolderName(manifest.modelId)}/   the model: ${manifest.files.length} files, ${manifestBytes(manifest)} bytes
  manifest.json   size and SHA-256 of each file
  entry.json      the facts of exo's registry entry
  ${vocabulary.fileName}   the vocabulary that gpt-oss needs; exo finds it through ${vocabulary.variable}

SHA-256 of manifest.json: ${manifestDigest(manifest)}

To check it by hand, compare \`shasum -a 256 manifest.json\` with that line, as you have it from the Mac that wrote this.
`;
