/** Names inside the state folder that several processes have to agree on. */
export const socketName = "controller.sock";
/** In the default state folder: holds the path of a running simulation's own, temporary state folder. */
export const simulationPointer = "simulation";
