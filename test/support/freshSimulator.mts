import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/index.mts';

/** Of all simulators that this process has had. */
const knownUrls = new Set<string>();

/**
 * Starts a simulator on a port that none before it had. Ports come round again, and the node remembers tokens and limits
 * by address: it would take the new server for an old one.
 */
export async function freshSimulator(
	settings: SimulatorOptions['settings'] = {},
): Promise<Simulator> {
	const simulator = await startSimulator({ settings });
	if (knownUrls.has(simulator.url)) {
		await simulator.close();
		return await freshSimulator(settings);
	}
	knownUrls.add(simulator.url);
	return simulator;
}
