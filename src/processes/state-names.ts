/** Names that several processes have to agree on. The controller's socket in its state folder: */
export const socketName = "controller.sock";
/** The gateway's socket for whoever owns the state folder: */
export const gatewaySocketName = "gateway.sock";
/** In the default state folder: holds the path of a running simulation's own, temporary state folder. */
export const simulationPointer = "simulation";
/** What an agent's certificate calls it, for people who look at one. */
export const agentCommonName = "exoctl agent";
