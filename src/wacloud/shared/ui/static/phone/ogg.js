// Browsers record Opus in a WebM file, a phone sends it in an Ogg file: the same packets in another wrapping.

const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes) {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ CRC[((value >>> 24) ^ byte) & 0xff]) >>> 0;
  return value;
}

// EBML elements that hold others and lead to the sound.
const SEGMENT = 0x18538067, CLUSTER = 0x1f43b675, TRACKS = 0x1654ae6b, TRACK = 0xae, GROUP = 0xa0;
const PRIVATE = 0x63a2, SIMPLE_BLOCK = 0xa3, BLOCK = 0xa1;
const OPENED = new Set([SEGMENT, CLUSTER, TRACKS, TRACK, GROUP]);

function varint(bytes, at, keepMarker) {
  const first = bytes[at];
  let length = 1;
  while (length <= 8 && !(first & (0x80 >> (length - 1)))) length++;
  let value = keepMarker ? first : first & (0xff >> length);
  let unknown = !keepMarker && (first & (0xff >> length)) === 0xff >> length;
  for (let i = 1; i < length; i++) {
    value = value * 256 + bytes[at + i];
    unknown &&= bytes[at + i] === 0xff;
  }
  return { value, length, unknown };
}

function opusIn(bytes) {
  const packets = [];
  let head = null;
  const walk = (from, to) => {
    let at = from;
    while (at < to) {
      const id = varint(bytes, at, true);
      const size = varint(bytes, at + id.length, false);
      const start = at + id.length + size.length;
      // A live recording does not know its own length: such an element reaches to the end.
      const end = size.unknown ? to : Math.min(to, start + size.value);
      if (OPENED.has(id.value)) walk(start, end);
      else if (id.value === PRIVATE) head = bytes.slice(start, end);
      else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
        packets.push(bytes.slice(start + varint(bytes, start, false).length + 3, end));
      }
      at = end;
    }
  };
  walk(0, bytes.length);
  return { head, packets };
}

// Samples at 48 kHz in one packet, from its first byte (and the second, where it counts the frames).
function samplesIn(packet) {
  const kind = packet[0] >> 3;
  const each =
    kind < 12 ? [480, 960, 1920, 2880][kind % 4] : kind < 16 ? [480, 960][kind % 2] : [120, 240, 480, 960][kind % 4];
  const code = packet[0] & 3;
  return each * (code === 0 ? 1 : code === 3 ? packet[1] & 63 : 2);
}

function page(packets, flags, granule, sequence) {
  const lacing = packets.flatMap((packet) => {
    const sizes = new Array(Math.floor(packet.length / 255)).fill(255);
    return [...sizes, packet.length % 255];
  });
  const size = packets.reduce((sum, packet) => sum + packet.length, 0);
  const bytes = new Uint8Array(27 + lacing.length + size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigInt64(6, BigInt(granule), true);
  view.setUint32(14, 0x70686f6e, true);
  view.setUint32(18, sequence, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

export function oggFromWebm(webm) {
  const { head, packets } = opusIn(webm);
  if (!head || !packets.length) throw new Error("no Opus in this recording");
  const vendor = new TextEncoder().encode("phone");
  const tags = new Uint8Array(16 + vendor.length);
  tags.set(new TextEncoder().encode("OpusTags"));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  const pages = [page([head], 2, 0, 0), page([tags], 0, 0, 1)];
  let granule = 0;
  // Twelve packets a page keep the 255 places of its table far from full.
  for (let from = 0; from < packets.length; from += 12) {
    const some = packets.slice(from, from + 12);
    granule += some.reduce((sum, packet) => sum + samplesIn(packet), 0);
    pages.push(page(some, from + 12 >= packets.length ? 4 : 0, granule, pages.length));
  }
  return new Blob(pages, { type: "audio/ogg; codecs=opus" });
}
