/**
 * How much a series grows from its beginning to its end: the median of the slopes between all pairs of points (Theil and
 * Sen), times the time. One sample that met a large execution under way moves a mean or a difference; it moves this hardly.
 *
 * @param points - times in any unit, values in the unit of the result
 */
export function growthOf(points: ReadonlyArray<{ time: number; value: number }>): number {
	const slopes: number[] = [];
	for (const [index, one] of points.entries()) {
		for (const other of points.slice(index + 1)) {
			slopes.push((other.value - one.value) / (other.time - one.time));
		}
	}
	if (slopes.length === 0) return 0;
	slopes.sort((one, other) => one - other);
	const middle = slopes.length / 2;
	const slope = (slopes[Math.floor(middle)]! + slopes[Math.ceil(middle) - 1]!) / 2;
	return slope * (points.at(-1)!.time - points[0]!.time);
}
