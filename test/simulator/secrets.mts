/** Every secret that the simulators of this process have had: those of the applications, and the tokens. */
export const knownSecrets = new Set<string>();
