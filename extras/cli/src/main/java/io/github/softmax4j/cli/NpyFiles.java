package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.softmax4j.ElementType;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads NumPy's .npy files: features of one row each along the first axis, and labels beside them. Accepted are row-major arrays of
 * little-endian f4, f8, i4, i8 and of u1; labels are whole numbers.
 */
final class NpyFiles {

    private static final String SUFFIX = ".npy";
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** As in NumPy, which takes longer ones for an attack. */
    private static final int MOST_HEADER = 10_000;

    private static final int CHUNK = 1 << 16;

    private NpyFiles() {}

    /** Whether a PATH names .npy files: one of features, or a pair with labels. */
    static boolean accepts(String path) {
        return path.endsWith(SUFFIX);
    }

    /** The files that such a PATH names: features, and labels where there are two. */
    static String[] split(String path) {
        int comma = path.lastIndexOf(SUFFIX + ",");
        return comma < 0
                ? new String[] {path}
                : new String[] {path.substring(0, comma + SUFFIX.length()), path.substring(comma + SUFFIX.length() + 1)
                };
    }

    static void read(Path features, Path labels, ElementType type, Demand demand, RowSink sink) {
        if (labels == null && demand.labelled()) {
            throw new UserException(features + ": has no labels; a pair features.npy,labels.npy is expected");
        }
        read(features, sink, array -> {
            long rows = array.shape[0];
            int width = (int) (array.count / rows);
            demand.checkFeatures(features.toString(), width);
            if (labels == null || demand.ignoresLabels()) {
                rows(array, null, rows, width, type, demand, sink);
            } else {
                read(labels, sink, column -> {
                    checkLabels(column, rows);
                    rows(array, column, rows, width, type, demand, sink);
                });
            }
        });
    }

    /** Reads the rows, and their labels beside them. */
    private static void rows(
            Array array, Array labels, long rows, int width, ElementType type, Demand demand, RowSink sink) {
        for (long left = rows; left > 0; ) {
            int n = sink.blockRows(left, width);
            Features values = array.values(n * width, type, width);
            FileLabels column = labels == null ? null : new FileLabels(labels(labels, n, demand), demand);
            sink.take(new Table(array.file.toString(), values, n, width, column));
            left -= n;
        }
    }

    private static void checkLabels(Array array, long rows) {
        if (array.shape.length != 1 || array.type.charAt(0) == 'f') {
            throw new UserException(array.file + ": labels must be whole numbers (u1, i4 or i8) in one dimension, are "
                    + array.type + " in " + array.shape.length);
        }
        if (array.count != rows) {
            throw new UserException(array.file + ": has " + array.count + " labels, there are " + rows + " rows");
        }
    }

    private static int[] labels(Array array, int count, Demand demand) {
        int[] labels = new int[count];
        long first = array.done;
        array.next(count, (i, label) -> {
            if (Math.abs(label) > Integer.MAX_VALUE) {
                throw new UserException(array.file + ": item " + i + ": label " + (long) label
                        + " is not accepted: labels are whole numbers of at most " + Integer.MAX_VALUE);
            }
            demand.checkLabel(array.file + ": item " + i, (int) label);
            labels[(int) (i - first)] = (int) label;
        });
        return labels;
    }

    /** Reads what follows the header. */
    private interface Body {
        void read(Array array);
    }

    private static void read(Path file, RowSink sink, Body body) {
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is not a regular file; an .npy file is expected");
        }
        try (InputStream in = DataFiles.open(file)) {
            Array array = new Array(file, in, sink.mostValues());
            body.read(array);
            if (in.read() >= 0) {
                throw new UserException(file + ": is longer than its header says (" + array.count + " values)");
            }
        } catch (IOException e) {
            throw UserException.unreadable(file, e);
        }
    }

    /** Takes a value with its index. */
    private interface Sink {
        void put(long index, double value);
    }

    private static final class Array {
        private final Path file;
        private final InputStream in;
        /** As NumPy names it, without the byte order. */
        private final String type;

        private final long[] shape;
        private final long count;
        /** Values that have been read. */
        private long done;

        Array(Path file, InputStream in, long mostValues) throws IOException {
            this.file = file;
            this.in = in;
            NpyHeader header = header(new DataInputStream(in));
            String named = header.type();
            if (!named.matches("<[fi][48]|[|<]u1")) {
                throw new UserException(file + ": elements of type '" + named
                        + "' are not accepted; accepted are '<f4', '<f8', '<i4', '<i8' and '|u1' (astype converts)");
            }
            type = named.substring(1);
            if (header.fortranOrder()) {
                throw new UserException(
                        file + ": is in Fortran order, C order is expected (numpy.ascontiguousarray converts)");
            }
            shape = header.shape();
            if (shape.length == 0) {
                throw new UserException(file + ": its shape () is not accepted: at least one size is expected");
            }
            double product = 1;
            for (long size : shape) {
                product *= size;
            }
            if (product < 1 || product > mostValues || product / shape[0] > FeatureBuffer.MOST_VALUES) {
                throw new UserException(file + ": its shape has " + (long) product + " values, accepted are 1.."
                        + mostValues + ", and a row of at most " + FeatureBuffer.MOST_VALUES);
            }
            count = (long) product;
        }

        private NpyHeader header(DataInputStream data) throws IOException {
            try {
                byte[] start = new byte[MAGIC.length];
                data.readFully(start);
                int version = data.readUnsignedByte();
                int minor = data.readUnsignedByte();
                if (!Arrays.equals(start, MAGIC) || version < 1 || version > 3 || minor != 0) {
                    throw new UserException(file + ": does not begin like an .npy file of version 1.0, 2.0 or 3.0");
                }
                int length = version == 1
                        ? Short.toUnsignedInt(Short.reverseBytes(data.readShort()))
                        : Integer.reverseBytes(data.readInt());
                if (length < 0 || length > MOST_HEADER) {
                    throw new UserException(file + ": its header says that it is " + Integer.toUnsignedString(length)
                            + " bytes long, at most " + MOST_HEADER + " are accepted");
                }
                byte[] text = new byte[length];
                data.readFully(text);
                return NpyHeader.parse(new String(text, version < 3 ? ISO_8859_1 : UTF_8), version);
            } catch (IllegalArgumentException e) {
                throw new UserException(file + ": its header " + e.getMessage());
            } catch (EOFException e) {
                throw new UserException(file + ": is truncated: it ends within its header");
            }
        }

        private int elementBytes() {
            return type.charAt(1) - '0';
        }

        /** The next values. Bytes stay bytes where that changes none; everything else becomes the wanted type. */
        Features values(int n, ElementType wanted, int width) {
            if (type.equals("u1") && wanted == ElementType.FLOAT32) {
                byte[] bytes = bytes(n);
                done += n;
                return new ByteFeatures(bytes, 1);
            }
            FeatureBuffer values = new FeatureBuffer(wanted, Math.min(n, CHUNK));
            next(n, (i, value) -> {
                values.add(value);
                if (!values.lastIsFinite()) {
                    throw new UserException(file + ": row " + i / width + ", column " + i % width + ": " + value
                            + " is not a finite number of the chosen precision");
                }
            });
            return values;
        }

        /** Reads the next n values. */
        void next(int n, Sink sink) {
            int size = elementBytes();
            for (int left = n; left > 0; ) {
                int count = Math.min(CHUNK, left);
                ByteBuffer values = ByteBuffer.wrap(bytes(count * size)).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < count; i++) {
                    sink.put(done + i, next(values));
                }
                done += count;
                left -= count;
            }
        }

        private double next(ByteBuffer values) {
            return switch (type) {
                case "f4" -> values.getFloat();
                case "f8" -> values.getDouble();
                case "i4" -> values.getInt();
                case "i8" -> values.getLong();
                default -> values.get() & 0xff;
            };
        }

        private byte[] bytes(int expected) {
            byte[] bytes;
            try {
                bytes = in.readNBytes(expected);
            } catch (IOException e) {
                throw UserException.unreadable(file, e);
            }
            if (bytes.length < expected) {
                throw new UserException(file + ": is truncated: its header says " + count + " values of "
                        + elementBytes() + " bytes, it holds " + (done * elementBytes() + bytes.length)
                        + " bytes of them");
            }
            return bytes;
        }
    }
}
