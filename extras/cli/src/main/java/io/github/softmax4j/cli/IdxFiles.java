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
    static Table read(Path folder, Part part, ElementType type, Demand demand) {
        Path images = find(folder, part)
                .orElseThrow(() -> new UserException(folder + ": has no " + part.prefix + "-" + IMAGES + " or "
                        + part.prefix + "-" + IMAGES + ".gz"));
        return read(images, type, demand);
    }

    /** Reads a file of images and the file of labels beside it. */
    static Table read(Path images, ElementType type, Demand demand) {
        String name = String.valueOf(images.getFileName()).replaceFirst("\\.gz$", "");
        Path plain = images.resolveSibling(name.substring(0, name.length() - IMAGES.length()) + LABELS);
        Optional<Path> labels = plainOrPacked(plain);
        if (labels.isEmpty() && demand.labelled()) {
            throw new UserException(
                    plain + ": no such file, plain or .gz; the labels of " + images + " are expected there");
        }
        Header header = new Header(images, IMAGES_MAGIC, 3, "images (unsigned bytes in 3 dimensions)");
        Features values = header.read(in -> pixels(in, header, type, demand));
        int rows = header.sizes[0];
        return new Table(
                images.toString(),
                values,
                rows,
                header.itemSize(),
                labels.isEmpty() ? null : labels(labels.get(), images, rows, demand));
    }

    private static Optional<Path> plainOrPacked(Path plain) {
        if (Files.isRegularFile(plain)) {
            return Optional.of(plain);
        }
        Path packed = plain.resolveSibling(plain.getFileName() + ".gz");
        return Files.isRegularFile(packed) ? Optional.of(packed) : Optional.empty();
    }

    private static Features pixels(InputStream in, Header header, ElementType type, Demand demand) throws IOException {
        demand.checkFeatures(header.file.toString(), header.itemSize());
        if (type == ElementType.FLOAT32) {
            byte[] pixels = new byte[header.sizes[0] * header.itemSize()];
            header.fill(in, pixels, 0);
            return new ByteFeatures(pixels, 1 / 255.0);
        }
        FeatureBuffer values = new FeatureBuffer(type, header.sizes[0] * header.itemSize());
        byte[] image = new byte[header.itemSize()];
        for (int i = 0; i < header.sizes[0]; i++) {
            header.fill(in, image, i);
            for (byte pixel : image) {
                values.add((pixel & 0xff) / 255.0);
            }
        }
        return values;
    }

    private static FileLabels labels(Path file, Path images, int rows, Demand demand) {
        Header header = new Header(file, LABELS_MAGIC, 1, "labels (unsigned bytes in 1 dimension)");
        return header.read(in -> {
            if (header.sizes[0] != rows) {
                throw new UserException(
                        file + ": has " + header.sizes[0] + " labels, " + images + " has " + rows + " images");
            }
            byte[] bytes = new byte[rows];
            header.fill(in, bytes, 0);
            int[] labels = new int[rows];
            for (int i = 0; i < rows; i++) {
                labels[i] = bytes[i] & 0xff;
                demand.checkLabel(file + ": item " + i, labels[i]);
            }
            return new FileLabels(labels);
        });
    }

    /** Reads what follows the header. */
    private interface Body<T> {
        T read(InputStream in) throws IOException;
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

        <T> T read(Body<T> body) {
            try (InputStream in = DataFiles.open(file)) {
                readSizes(in);
                T result = body.read(in);
                if (in.read() >= 0) {
                    throw new UserException(
                            file + ": is longer than its header says (" + total() + " bytes of " + content + ")");
                }
                return result;
            } catch (IOException e) {
                throw UserException.unreadable(file, e);
            }
        }

        void fill(InputStream in, byte[] items, long index) throws IOException {
            int read = in.readNBytes(items, 0, items.length);
            if (read < items.length) {
                throw truncated(index * items.length + read);
            }
        }

        private void readSizes(InputStream in) throws IOException {
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
            checkSizes();
        }

        private void checkSizes() throws IOException {
            double product = 1;
            for (int size : sizes) {
                if (size < 1) {
                    throw new UserException(file + ": its header says " + Integer.toUnsignedString(size)
                            + " in one dimension, accepted are 1.." + Integer.MAX_VALUE);
                }
                product *= size;
            }
            if (product > FeatureBuffer.MOST_VALUES) {
                throw new UserException(file + ": its header says " + (long) product + " values, at most "
                        + FeatureBuffer.MOST_VALUES + " are accepted");
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
