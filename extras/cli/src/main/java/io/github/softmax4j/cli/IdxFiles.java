package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import io.github.softmax4j.cli.DataFiles.Part;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads images and labels in the IDX format of MNIST: unsigned bytes behind a big-endian header. Pixels are scaled to 0..1, labels
 * are classes. In single precision the pixels stay bytes, under a scale of 1/255 that gives each of them the value it has as a float; in
 * double precision that scale would change the last bit of some, and they become numbers.
 */
final class IdxFiles {

    private static final int IMAGES_MAGIC = 0x00000803;
    private static final int LABELS_MAGIC = 0x00000801;
    private static final String IMAGES = "images-idx3-ubyte";
    private static final String LABELS = "labels-idx1-ubyte";
    /** What a byte of gzip can unpack to at most: a header that announces more is wrong. */
    private static final long MOST_UNPACKED = 1032;

    private IdxFiles() {}

    static boolean isImages(String name) {
        return name.endsWith(IMAGES) || name.endsWith(IMAGES + ".gz");
    }

    /** The file of images of one part of a folder. */
    static Optional<Path> find(Path folder, Part part) {
        return plainOrPacked(folder.resolve(part.prefix + "-" + IMAGES));
    }

    /** Reads one part of a folder. */
    static void read(Path folder, Part part, ElementType type, Demand demand, RowSink sink) {
        Path images = find(folder, part)
                .orElseThrow(() -> new UserException(folder + ": has no " + part.prefix + "-" + IMAGES + " or "
                        + part.prefix + "-" + IMAGES + ".gz"));
        read(images, type, demand, sink);
    }

    /** Reads a file of images and the file of labels beside it. */
    static void read(Path images, ElementType type, Demand demand, RowSink sink) {
        String name = String.valueOf(images.getFileName()).replaceFirst("\\.gz$", "");
        Path plain = images.resolveSibling(name.substring(0, name.length() - IMAGES.length()) + LABELS);
        Optional<Path> labels = plainOrPacked(plain);
        if (labels.isEmpty() && demand.labelled()) {
            throw new UserException(
                    plain + ": no such file, plain or .gz; the labels of " + images + " are expected there");
        }
        Header header = new Header(images, IMAGES_MAGIC, 3, "images (unsigned bytes in 3 dimensions)");
        header.read(sink, in -> {
            demand.checkFeatures(images.toString(), header.itemSize());
            if (labels.isEmpty() || demand.ignoresLabels()) {
                rows(header, in, null, null, type, demand, sink);
                return;
            }
            Header column = new Header(labels.get(), LABELS_MAGIC, 1, "labels (unsigned bytes in 1 dimension)");
            column.read(sink, beside -> {
                if (column.sizes[0] != header.sizes[0]) {
                    throw new UserException(column.file + ": has " + column.sizes[0] + " labels, " + images + " has "
                            + header.sizes[0] + " images");
                }
                rows(header, in, column, beside, type, demand, sink);
            });
        });
    }

    private static Optional<Path> plainOrPacked(Path plain) {
        if (Files.isRegularFile(plain)) {
            return Optional.of(plain);
        }
        Path packed = plain.resolveSibling(plain.getFileName() + ".gz");
        return Files.isRegularFile(packed) ? Optional.of(packed) : Optional.empty();
    }

    /** Reads the images, and their labels beside them. */
    private static void rows(
            Header images,
            InputStream in,
            Header labels,
            InputStream beside,
            ElementType type,
            Demand demand,
            RowSink sink) {
        int size = images.itemSize();
        for (int first = 0; first < images.sizes[0]; ) {
            int n = sink.blockRows(images.sizes[0] - first, size);
            byte[] pixels = images.bytes(in, n * size, (long) first * size);
            FileLabels column = labels == null ? null : labels(labels, beside, first, n, demand);
            sink.take(new Table(images.file.toString(), features(pixels, type), n, size, column));
            first += n;
        }
    }

    private static Features features(byte[] pixels, ElementType type) {
        if (type == ElementType.FLOAT32) {
            return new ByteFeatures(pixels, 1 / 255.0);
        }
        FeatureBuffer values = new FeatureBuffer(type, pixels.length);
        for (byte pixel : pixels) {
            values.add((pixel & 0xff) / 255.0);
        }
        return values;
    }

    private static FileLabels labels(Header header, InputStream in, int first, int n, Demand demand) {
        byte[] bytes = header.bytes(in, n, first);
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = bytes[i] & 0xff;
            demand.checkLabel(header.file + ": item " + (first + i), labels[i]);
        }
        return new FileLabels(labels, demand);
    }

    /** Reads what follows the header. */
    private interface Body {
        void read(InputStream in);
    }

    /** The header of one file, and the checks that it and the length of the file agree. */
    private static final class Header {
        private final Path file;
        private final int magic;
        private final String content;
        private final int[] sizes;

        Header(Path file, int magic, int dimensions, String content) {
            this.file = file;
            this.magic = magic;
            this.sizes = new int[dimensions];
            this.content = content;
        }

        /** Bytes of an image; 1 for labels. */
        int itemSize() {
            return sizes.length == 1 ? 1 : sizes[1] * sizes[2];
        }

        void read(RowSink sink, Body body) {
            try (InputStream in = DataFiles.open(file)) {
                readSizes(in, sink.mostValues());
                body.read(in);
                if (in.read() >= 0) {
                    throw new UserException(
                            file + ": is longer than its header says (" + total() + " bytes of " + content + ")");
                }
            } catch (IOException e) {
                throw UserException.unreadable(file, e);
            }
        }

        /** The next bytes, of which {@code done} have been read. */
        byte[] bytes(InputStream in, int count, long done) {
            byte[] bytes;
            try {
                bytes = in.readNBytes(count);
            } catch (IOException e) {
                throw UserException.unreadable(file, e);
            }
            if (bytes.length < count) {
                throw truncated(done + bytes.length);
            }
            return bytes;
        }

        private void readSizes(InputStream in, long mostValues) throws IOException {
            DataInputStream data = new DataInputStream(in);
            try {
                int actual = data.readInt();
                if (actual != magic) {
                    throw new UserException(String.format(
                            "%s: begins with 0x%08x, IDX files of %s begin with 0x%08x", file, actual, content, magic));
                }
                for (int i = 0; i < sizes.length; i++) {
                    sizes[i] = data.readInt();
                }
            } catch (EOFException e) {
                throw new UserException(file + ": is truncated: shorter than the header of an IDX file");
            }
            checkSizes(mostValues);
        }

        private void checkSizes(long mostValues) throws IOException {
            double product = 1;
            for (int size : sizes) {
                if (size < 1) {
                    throw new UserException(file + ": its header says " + Integer.toUnsignedString(size)
                            + " in one dimension, accepted are 1.." + Integer.MAX_VALUE);
                }
                product *= size;
            }
            if (product > mostValues || product / sizes[0] > FeatureBuffer.MOST_VALUES) {
                throw new UserException(file + ": its header says " + (long) product + " values, at most " + mostValues
                        + " are accepted, and at most " + FeatureBuffer.MOST_VALUES + " of a row");
            }
            // Before memory is taken for what the header says: can the file hold it at all?
            if (product > (double) Files.size(file) * MOST_UNPACKED) {
                throw truncated(-1);
            }
        }

        private long total() {
            return (long) sizes[0] * itemSize();
        }

        private UserException truncated(long read) {
            return new UserException(file + ": is truncated: its header says " + total() + " bytes of " + content
                    + (read < 0 ? "" : ", it holds " + read));
        }
    }
}
