package io.github.softmax4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The lines of a file as bytes, without a copy of each; a byte order mark at the beginning is left out. */
final class ByteLines {

    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private byte[] buffer = new byte[1 << 16];
    /** What has been read and not been handed out: [next, filled). */
    private int next;

    private int filled;
    private boolean began;
    private int start;
    private int end;

    ByteLines(InputStream in) {
        this.in = in;
    }

    /** Goes on to the next line; false where there is none. */
    boolean next() throws IOException {
        int searched = next;
        while (true) {
            for (int i = searched; i < filled; i++) {
                if (buffer[i] == '\n') {
                    return line(i, i + 1);
                }
            }
            searched = filled - next;
            if (!fill()) {
                return next < filled && line(filled, filled);
            }
            searched += next;
        }
    }

    private boolean line(int stop, int following) {
        start = next;
        end = stop;
        next = following;
        if (!began
                && end - start >= MARK.length
                && Arrays.equals(buffer, start, start + MARK.length, MARK, 0, MARK.length)) {
            start += MARK.length;
        }
        began = true;
        return true;
    }

    private boolean fill() throws IOException {
        System.arraycopy(buffer, next, buffer, 0, filled - next);
        filled -= next;
        next = 0;
        if (filled == buffer.length) {
            if (filled == FeatureBuffer.MOST_VALUES) {
                throw new IOException("a line is longer than " + filled + " bytes");
            }
            buffer = Arrays.copyOf(buffer, FeatureBuffer.larger(filled));
        }
        int read = in.read(buffer, filled, buffer.length - filled);
        filled += Math.max(read, 0);
        return read > 0;
    }

    /** The array that holds the line at {@link #start}..{@link #end}, until the next one. */
    byte[] bytes() {
        return buffer;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }
}
