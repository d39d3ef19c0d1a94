import { Buffer } from 'node:buffer';
import { DecodeError } from './decode-error';
import { BlockDecoder, BlockState, ZSTD_BLOCK_MAX_BYTES } from './zstd-block';
import { damagedZstd } from './zstd-entropy';

/**
 * Zstandard (RFC 8878) for bytes of strangers. Every step is bounded by what it may give: windows
 * by `maxWindowBytes`, blocks by the window, matches by the block, and blocks are refused that are
 * too many for what they decode to. Libraries for this at hand check these late or not at all, so
 * that a few bytes could hold a process for hours.
 *
 * States, each waiting for `need` bytes: `frame` → `header` → (`block` → `payload`)* → `checksum`?
 * → `frame`; or, for a skippable frame, `frame` → `skip-size` → `skip` → `frame`. Only in `frame`,
 * with nothing pending, may the input end. The checksum is not compared: an object has its SHA-256.
 */

type State = 'frame' | 'header' | 'block' | 'payload' | 'checksum' | 'skip-size' | 'skip';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Readable bytes behind a block, as `BlockDecoder` asks. */
const PADDING_BYTES = 8;
/** Decoded bytes kept beyond the window before the window is moved down. */
const SLACK_BYTES = 1024 * 1024;
const FIRST_OUTPUT_BYTES = 64 * 1024;
/** Blocks that a stream may have, and one more for each of so many decoded bytes. */
const FREE_BLOCKS = 1_024;
const BYTES_PER_BLOCK_MIN = 64;

interface Frame {
  windowBytes: number;
  /** Decoded bytes that the frame declares; null when it does not. */
  contentBytes: number | null;
  checksum: boolean;
  blockMaxBytes: number;
  /** Decoded so far. */
  decoded: number;
  blocks: BlockState;
}

export class ZstdDecoder {
  #state: State = 'frame';
  #need = 4;
  #pending = Buffer.alloc(32);
  #have = 0;
  #skip = 0;
  #frames = 0;
  #frame: Frame | null = null;
  #block = { last: false, kind: 0, size: 0 };
  #blockCount = 0;
  #decodedBytes = 0;
  #out = Buffer.alloc(0);
  /** Where the last block lies in `#out`. */
  #from = 0;
  #at = 0;
  #decoder: BlockDecoder | null = null;

  constructor(
    /** Windows beyond this are refused; also of a frame that is its own window. */
    readonly maxWindowBytes: number,
  ) {}

  /**
   * Decodes the next bytes. The pieces it yields are lent until the next step. Throws
   * `DecodeError`; after that the decoder is of no more use.
   */
  *push(input: Uint8Array): Generator<Uint8Array, void> {
    let from = 0;
    while (from < input.length) {
      if (this.#state === 'skip') {
        const step = Math.min(this.#skip, input.length - from);
        from += step;
        this.#skip -= step;
        if (this.#skip === 0) this.#expect('frame', 4);
        continue;
      }
      const step = Math.min(this.#need - this.#have, input.length - from);
      this.#pending.set(input.subarray(from, from + step), this.#have);
      this.#have += step;
      from += step;
      if (this.#have < this.#need) return;
      if (!this.#advance()) continue;
      if (this.#at > this.#from) yield this.#out.subarray(this.#from, this.#at);
      if (this.#blockCount > FREE_BLOCKS + this.#decodedBytes / BYTES_PER_BLOCK_MIN)
        throw damagedZstd('they have too many blocks');
    }
  }

  /** Checks that the input may end here. Throws `DecodeError`. */
  end(): void {
    if (this.#state !== 'frame' || this.#have > 0 || this.#frames === 0)
      throw damagedZstd('they are cut off');
  }

  #expect(state: State, need: number): void {
    this.#state = state;
    this.#need = need;
    this.#have = 0;
    if (need + PADDING_BYTES > this.#pending.length)
      this.#pending = Buffer.alloc(Math.max(need, this.#pending.length * 2) + PADDING_BYTES);
  }

  /** Takes the needed bytes, which are there; true when a block was decoded. */
  #advance(): boolean {
    const bytes = this.#pending;
    switch (this.#state) {
      case 'frame':
        this.#startFrame(bytes.readUInt32LE(0));
        return false;
      case 'header':
        this.#readHeader(bytes);
        return false;
      case 'block':
        return this.#readBlockHeader(bytes);
      case 'payload':
        this.#decodeBlock(bytes);
        return true;
      case 'checksum':
        this.#expect('frame', 4);
        return false;
      default:
        this.#skip = bytes.readUInt32LE(0);
        this.#expect(this.#skip > 0 ? 'skip' : 'frame', 4);
        return false;
    }
  }

  #startFrame(magic: number): void {
    this.#frames++;
    if (magic === FRAME_MAGIC) this.#expect('header', 1);
    else if ((magic & ~15) >>> 0 === SKIPPABLE_MAGIC) this.#expect('skip-size', 4);
    else
      throw this.#frames === 1
        ? damagedZstd('no frame begins')
        : new DecodeError('go on after the end of the zstd frame');
  }

  /** Called with the descriptor, then again with the whole header. */
  #readHeader(bytes: Buffer): void {
    const descriptor = bytes[0]!;
    const single = (descriptor >> 5) & 1;
    const sizeFlag = descriptor >> 6;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = sizeFlag === 0 ? single : 1 << sizeFlag;
    const length = 1 + (1 - single) + dictionaryBytes + sizeBytes;
    if (this.#need < length) {
      this.#need = length;
      return;
    }
    if ((descriptor & 8) !== 0) throw damagedZstd('a reserved bit is set');
    let at = 2 - single;
    if (dictionaryBytes > 0 && bytes.readUIntLE(at, dictionaryBytes) !== 0)
      throw damagedZstd('they need a dictionary');
    at += dictionaryBytes;
    let contentBytes: number | null = null;
    if (sizeBytes === 8)
      contentBytes = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
    else if (sizeBytes > 0)
      contentBytes = bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
    const base = 2 ** (10 + (bytes[1]! >> 3));
    const windowBytes = single ? contentBytes! : base + (base / 8) * (bytes[1]! & 7);
    if (windowBytes > this.maxWindowBytes)
      throw new DecodeError('ask for too large a window', {
        name: 'zstd_max_window_bytes',
        max: this.maxWindowBytes,
      });
    this.#frame = {
      windowBytes,
      contentBytes,
      checksum: (descriptor & 4) !== 0,
      blockMaxBytes: Math.min(windowBytes, ZSTD_BLOCK_MAX_BYTES),
      decoded: 0,
      blocks: new BlockState(),
    };
    this.#expect('block', 3);
  }

  /** True when the block is empty and so decoded already. */
  #readBlockHeader(bytes: Buffer): boolean {
    const header = bytes.readUIntLE(0, 3);
    const block = { last: (header & 1) === 1, kind: (header >> 1) & 3, size: header >> 3 };
    if (block.kind === 3) throw damagedZstd('a block has an unknown kind');
    if (block.size > this.#frame!.blockMaxBytes) throw damagedZstd('a block is too long');
    this.#block = block;
    this.#blockCount++;
    const need = block.kind === 1 ? 1 : block.size;
    if (need > 0) this.#expect('payload', need);
    else this.#decodeBlock(bytes);
    return need === 0;
  }

  #decodeBlock(bytes: Buffer): void {
    const frame = this.#frame!;
    const { last, kind, size } = this.#block;
    this.#makeRoom(frame);
    const before = this.#at;
    this.#from = before;
    if (kind === 0) this.#at += bytes.copy(this.#out, before, 0, size);
    else if (kind === 1) {
      this.#out.fill(bytes[0]!, before, before + size);
      this.#at += size;
    } else {
      this.#decoder ??= new BlockDecoder();
      this.#at = this.#decoder.decode(bytes, size, frame.blocks, {
        out: this.#out,
        at: before,
        history: Math.min(frame.decoded, before),
        windowBytes: frame.windowBytes,
        blockMaxBytes: frame.blockMaxBytes,
      });
    }
    const length = this.#at - before;
    frame.decoded += length;
    this.#decodedBytes += length;
    if (last) this.#endFrame(frame);
    else this.#expect('block', 3);
  }

  #endFrame(frame: Frame): void {
    if (frame.contentBytes !== null && frame.contentBytes !== frame.decoded)
      throw damagedZstd('a frame has another length than it declares');
    this.#frame = null;
    if (frame.checksum) this.#expect('checksum', 4);
    else this.#expect('frame', 4);
  }

  /** Makes room for a block behind the window, which is moved down when the buffer is at its most. */
  #makeRoom({ windowBytes, blockMaxBytes, decoded }: Frame): void {
    if (this.#at + blockMaxBytes <= this.#out.length) return;
    const keep = Math.min(this.#at, windowBytes, decoded);
    const most = windowBytes + Math.max(blockMaxBytes, Math.min(windowBytes, SLACK_BYTES));
    const wanted = Math.min(most, Math.max(FIRST_OUTPUT_BYTES, this.#out.length * 2));
    const length = Math.max(this.#out.length, wanted, keep + blockMaxBytes);
    const out = length > this.#out.length ? Buffer.allocUnsafeSlow(length) : this.#out;
    this.#out.copy(out, 0, this.#at - keep, this.#at);
    this.#out = out;
    this.#at = keep;
  }
}
