package io.github.softmax4j.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Ends what a compressed file unpacks to where it becomes unlikely: at 200 times the size of the file (the property {@value #RATIO}), but
 * not before 256 MiB, and at 1 TiB ({@value #BYTES}). Real tables pack to a tenth or a hundredth; a file made to fill a disk packs to a thousandth.
 */
final class UnpackedLimit extends FilterInputStream {

    static final String RATIO = "softmax4j.gzip.ratio";
    static final String BYTES = "softmax4j.gzip.bytes";

    private static final long MOST_RATIO = 200;
    private static final long MOST_BYTES = 1L << 40;
    private static final long HARMLESS = 1L << 28;

    private final String property;
    private final long most;
    private long done;

    UnpackedLimit(InputStream in, Path file) throws IOException {
        super(in);
        long bytes = Long.getLong(BYTES, MOST_BYTES);
        long ratio = Long.getLong(RATIO, MOST_RATIO);
        long size = Math.max(1, Files.size(file));
        long byRatio = Math.max(HARMLESS, ratio > Long.MAX_VALUE / size ? Long.MAX_VALUE : ratio * size);
        property = bytes < byRatio ? BYTES : RATIO;
        most = Math.min(bytes, byRatio);
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        count(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        count(Math.max(0, count));
        return count;
    }

    private void count(int bytes) throws IOException {
        done += bytes;
        if (done > most) {
            throw new IOException("unpacks to more than " + most + " bytes, which is not accepted; "
                    + "SOFTMAX4J_JAVA_OPTS=-D" + property + "=N accepts more, "
                    + (property.equals(RATIO) ? "N times the size of the file" : "N bytes"));
        }
    }
}
