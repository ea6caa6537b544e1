import { deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PALETTE_SIZE = 256;

/** Colors that are nearer to each other than this (squared distance) share an entry of the palette. */
const SAME_COLOR = 48;

interface Pixels {
	width: number;
	height: number;
	/** One number per pixel: red, green and blue, 8 bits each. */
	colors: Uint32Array;
}

/**
 * Makes a screenshot small: at most 256 colors, without an alpha channel. A user interface has few colors, so that one does
 * not see it.
 *
 * @param png - as Chromium writes it: 8 bits per channel, not interlaced
 */
export function reducePalette(png: Buffer): Buffer {
	const { width, height, colors } = decode(png);
	const palette = paletteOf(colors);
	const nearest = new Map<number, number>();
	const rows = Buffer.alloc(height * (width + 1));
	for (let y = 0, at = 0; y < height; y++) {
		rows[at++] = 0;
		for (let x = 0; x < width; x++) {
			const color = colors[y * width + x]!;
			let index = nearest.get(color);
			if (index === undefined) nearest.set(color, (index = nearestIn(palette, color)));
			rows[at++] = index;
		}
	}
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 3, 0, 0, 0], 8);
	return Buffer.concat([
		signature,
		chunk('IHDR', header),
		chunk('PLTE', Buffer.from(palette.flatMap(channelsOf))),
		chunk('IDAT', deflateSync(rows, { level: 9 })),
		chunk('IEND', Buffer.alloc(0)),
	]);
}

function channelsOf(color: number): [number, number, number] {
	return [color >> 16, (color >> 8) & 0xff, color & 0xff];
}

function distance(one: number, other: number): number {
	const [r1, g1, b1] = channelsOf(one);
	const [r2, g2, b2] = channelsOf(other);
	return (r1 - r2) ** 2 + (g1 - g2) ** 2 + (b1 - b2) ** 2;
}

/** The most frequent colors, then coarser ones, until the palette is full. */
function paletteOf(colors: Uint32Array): number[] {
	const counts = new Map<number, number>();
	for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
	const byFrequency = [...counts].sort(([, one], [, other]) => other - one).map(([color]) => color);
	const palette: number[] = [];
	for (const color of byFrequency) {
		if (palette.length === PALETTE_SIZE) break;
		if (palette.every((taken) => distance(taken, color) > SAME_COLOR)) palette.push(color);
	}
	return palette;
}

function nearestIn(palette: number[], color: number): number {
	let best = 0;
	for (let index = 1; index < palette.length; index++) {
		if (distance(palette[index]!, color) < distance(palette[best]!, color)) best = index;
	}
	return best;
}

function decode(png: Buffer): Pixels {
	if (!png.subarray(0, 8).equals(signature)) throw new Error('Not a PNG');
	const width = png.readUInt32BE(16);
	const height = png.readUInt32BE(20);
	const [depth, colorType, , , interlaced] = png.subarray(24, 29);
	const channels = colorType === 6 ? 4 : 3;
	if (depth !== 8 || (colorType !== 2 && colorType !== 6) || interlaced !== 0) {
		throw new Error('Not a PNG as Chromium writes it');
	}
	const packed: Buffer[] = [];
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		if (png.toString('latin1', at + 4, at + 8) === 'IDAT') {
			packed.push(png.subarray(at + 8, at + 8 + length));
		}
		at += length + 12;
	}
	const bytes = unfilter(inflateSync(Buffer.concat(packed)), width * channels, height, channels);
	const colors = new Uint32Array(width * height);
	for (let i = 0; i < colors.length; i++) {
		const at = i * channels;
		colors[i] = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
	}
	return { width, height, colors };
}

/** Undoes the filters of the rows (PNG specification, section 9). */
function unfilter(filtered: Buffer, stride: number, height: number, channels: number): Buffer {
	const bytes = Buffer.alloc(stride * height);
	for (let y = 0; y < height; y++) {
		const filter = filtered[y * (stride + 1)];
		const row = y * stride;
		for (let x = 0; x < stride; x++) {
			const left = x >= channels ? bytes[row + x - channels]! : 0;
			const above = y > 0 ? bytes[row - stride + x]! : 0;
			const corner = x >= channels && y > 0 ? bytes[row - stride + x - channels]! : 0;
			const predicted =
				filter === 1
					? left
					: filter === 2
						? above
						: filter === 3
							? (left + above) >> 1
							: filter === 4
								? paeth(left, above, corner)
								: 0;
			bytes[row + x] = (filtered[y * (stride + 1) + 1 + x]! + predicted) & 0xff;
		}
	}
	return bytes;
}

function paeth(left: number, above: number, corner: number): number {
	const estimate = left + above - corner;
	const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) =>
		Math.abs(estimate - value),
	) as [number, number, number];
	if (toLeft <= toAbove && toLeft <= toCorner) return left;
	return toAbove <= toCorner ? above : corner;
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const framed = Buffer.alloc(body.length + 8);
	framed.writeUInt32BE(data.length, 0);
	body.copy(framed, 4);
	framed.writeUInt32BE(crc32(body), body.length + 4);
	return framed;
}

function crc32(bytes: Buffer): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
