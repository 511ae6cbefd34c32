package io.github.softmax4j.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Unpacks gzip: members one after another, then nothing or zeros. Whatever else follows a member is refused, where the JDK's stream
 * ends without a word.
 */
final class GzipStream extends InputStream {

    private static final int DEFLATE = 8;
    private static final int HEADER_CHECKED = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final InputStream in;
    private final Inflater inflater = new Inflater(true);
    private final byte[] input;
    /** What has been read and not been used: [at, filled). */
    private int at;

    private int filled;
    /** Of what the member has given so far, and of its header. */
    private final CRC32 checksum = new CRC32();

    private long members;
    private boolean ended;

    /** Begins to unpack {@code in}, at the start of a member. */
    GzipStream(InputStream in, int buffer) throws IOException {
        this.in = in;
        this.input = new byte[buffer];
        header();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        try {
            while (!ended) {
                int count = inflater.inflate(target, offset, length);
                if (count > 0) {
                    checksum.update(target, offset, count);
                    return count;
                }
                if (inflater.finished()) {
                    at = filled - inflater.getRemaining();
                    trailer();
                    ended = !nextMember();
                } else if (inflater.needsDictionary()) {
                    throw new ZipException("its gzip data asks for a dictionary");
                } else if (inflater.needsInput()) {
                    fill();
                    inflater.setInput(input, at, filled - at);
                }
            }
            return -1;
        } catch (DataFormatException e) {
            throw new ZipException(String.valueOf(e.getMessage()));
        }
    }

    /** Reads more; all that was there has been used. */
    private void fill() throws IOException {
        if (!more()) {
            throw new EOFException();
        }
    }

    private boolean more() throws IOException {
        at = 0;
        filled = Math.max(0, in.read(input));
        return filled > 0;
    }

    private int next() throws IOException {
        if (at == filled) {
            fill();
        }
        return input[at++] & 0xff;
    }

    /** The next byte, of a header that ends in its check sum. */
    private int counted() throws IOException {
        int value = next();
        checksum.update(value);
        return value;
    }

    private void header() throws IOException {
        checksum.reset();
        if (counted() != 0x1f || counted() != 0x8b) {
            throw new ZipException("what follows gzip member " + members + " is neither another member nor zeros");
        }
        int method = counted();
        int flags = counted();
        if (method != DEFLATE || (flags & RESERVED) != 0) {
            throw new ZipException(
                    "gzip member " + (members + 1) + " has method " + method + " and flags " + flags + "; unknown");
        }
        for (int i = 0; i < 6; i++) {
            counted(); // time, level, system
        }
        if ((flags & EXTRA) != 0) {
            for (int left = counted() | (counted() << 8); left > 0; left--) {
                counted();
            }
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && counted() != 0) {
                // goes on to its end
            }
        }
        int expected = (int) checksum.getValue() & 0xffff;
        if ((flags & HEADER_CHECKED) != 0 && (next() | (next() << 8)) != expected) {
            throw new ZipException("the check sum of the header of gzip member " + (members + 1) + " is wrong");
        }
        members++;
        checksum.reset();
        inflater.reset();
        inflater.setInput(input, at, filled - at);
    }

    private void trailer() throws IOException {
        if (word() != checksum.getValue() || word() != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new ZipException("the check sum or the length of gzip member " + members + " is wrong");
        }
    }

    private long word() throws IOException {
        long word = 0;
        for (int i = 0; i < 4; i++) {
            word |= (long) next() << (8 * i);
        }
        return word;
    }

    /** Goes on to the next member, if there is one; zeros may stand in its place. */
    private boolean nextMember() throws IOException {
        if (at == filled && !more()) {
            return false;
        }
        if (input[at] != 0) {
            header();
            return true;
        }
        do {
            for (; at < filled; at++) {
                if (input[at] != 0) {
                    throw new ZipException("zeros follow gzip member " + members + ", and then something else");
                }
            }
        } while (more());
        return false;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
