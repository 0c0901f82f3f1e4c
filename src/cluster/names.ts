/** What people call a node: `studio-1`. Unique in a cluster; an attribute, never an identity. */
export type NodeName = string & { readonly __brand: "NodeName" };
/** An agent's UUID, bound to its key at enrolment. This is a node's identity. */
export type AgentId = string & { readonly __brand: "AgentId" };
/** exo's own name for a node. New at every start of exo: never store it, always look it up. */
export type ExoNodeId = string & { readonly __brand: "ExoNodeId" };
/** `owner/name` as exo and Hugging Face write it. */
export type ModelId = string & { readonly __brand: "ModelId" };

export const nodeName = (text: string): NodeName => text as NodeName;
export const agentId = (text: string): AgentId => text as AgentId;
export const exoNodeId = (text: string): ExoNodeId => text as ExoNodeId;

const modelIdPattern = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/** Whether `text` may be used as a model id: `owner/name`, no `..`, nothing that could leave a folder. */
export const isModelId = (text: string): text is ModelId => modelIdPattern.test(text) && !text.includes("..");

/** @throws RangeError when `text` is not an acceptable model id; for constants and checked input. */
export function modelId(text: string): ModelId {
  if (!isModelId(text)) throw new RangeError(`not a model id: ${JSON.stringify(text)}`);
  return text;
}

/** The folder name exo uses for a model: `owner/name` becomes `owner--name`. */
export const modelFolderName = (id: ModelId): string => id.replace("/", "--");
