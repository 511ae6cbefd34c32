package io.github.softmax4j.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * Files in the safetensors format: 8 bytes of header length (little-endian), a JSON header {@code {"__metadata__": {string: string},
 * name: {"dtype", "shape", "data_offsets"}}}, then the tensors' bytes, little-endian, without gaps. The header names them in any order.
 * Reading is strict: a file that differs from that in any way is refused with a reason. The format has no checksum; a sealed file ends in
 * one, the tensor {@code crc32c} of U8: the CRC-32C of all bytes before it.
 */
public final class Safetensors {

    /** As much as the specification allows: class labels are in the header. */
    private static final int MOST_HEADER_BYTES = 100_000_000;

    /** Elements of a tensor that are read or written at once. */
    private static final int PIECE = 1 << 16;

    private static final String METADATA = "__metadata__";
    private static final String SEAL = "crc32c";

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /**
     * A tensor.
     *
     * @param shape its dimensions
     * @param values {@code float[]} (F32) or {@code double[]} (F64), row-major, or {@link Bytes} (U8), to be written
     */
    @SuppressWarnings("ArrayRecordComponent") // a view of a file, not a value to compare
    public record Tensor(long[] shape, Object values) {
        private boolean single() {
            return values instanceof float[];
        }

        private String dtype() {
            return values instanceof Bytes ? "U8" : single() ? "F32" : "F64";
        }

        private long bytes() {
            if (values instanceof Bytes b) {
                return b.count();
            }
            return values instanceof float[] f ? 4L * f.length : 8L * ((double[]) values).length;
        }
    }

    /** Bytes that are made as they are written: they may be more than memory holds. */
    public interface Bytes {
        long count();

        /** Writes those from {@code first} on to the start of {@code to}. */
        void get(long first, byte[] to, int count);
    }

    /** Takes the bytes of a tensor as they are read, part by part from the first on; of none, one part. */
    @FunctionalInterface
    public interface Sink {
        /** The start of {@code from} has those from {@code first} on; {@code size}: how many there will be in all. */
        void put(long first, byte[] from, int count, long size) throws IOException;
    }

    /** Where the bytes of tensors go to. */
    @FunctionalInterface
    public interface Sinks {
        /** For a tensor of U8; the metadata are known, tensors are not. */
        Sink open(Map<String, String> metadata, String name) throws IOException;
    }

    public Map<String, String> metadata() {
        return metadata;
    }

    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** Writes to a temporary file beside {@code file} and renames it, so that the file appears whole or not at all. */
    public void write(Path file) throws IOException {
        write(file, tensors, new CRC32C());
    }

    /** The same, sealed. */
    public void writeSealed(Path file) throws IOException {
        Map<String, Tensor> sealed = new LinkedHashMap<>(tensors);
        CRC32C sum = new CRC32C();
        sealed.put(SEAL, new Tensor(new long[] {Integer.BYTES}, new Seal(sum)));
        write(file, sealed, sum);
    }

    /** Of all that was written before it. */
    private record Seal(CRC32C sum) implements Bytes {
        @Override
        public long count() {
            return Integer.BYTES;
        }

        @Override
        public void get(long first, byte[] to, int count) {
            ByteBuffer.wrap(to).order(ByteOrder.LITTLE_ENDIAN).putInt((int) sum.getValue());
        }
    }

    private void write(Path file, Map<String, Tensor> tensors, CRC32C sum) throws IOException {
        StringBuilder header = new StringBuilder("{");
        header.append(Json.quote(METADATA)).append(":{");
        String separator = "";
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            header.append(separator)
                    .append(Json.quote(entry.getKey()))
                    .append(':')
                    .append(Json.quote(entry.getValue()));
            separator = ",";
        }
        header.append('}');
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            header.append(',').append(Json.quote(entry.getKey())).append(":{\"dtype\":\"");
            header.append(tensor.dtype()).append("\",\"shape\":[");
            for (int i = 0; i < tensor.shape.length; i++) {
                header.append(i == 0 ? "" : ",").append(tensor.shape[i]);
            }
            header.append("],\"data_offsets\":[").append(offset).append(',');
            offset += tensor.bytes();
            header.append(offset).append("]}");
        }
        header.append('}');
        // Blanks align the tensors to 8 bytes.
        while ((header.toString().getBytes(StandardCharsets.UTF_8).length & 7) != 0) {
            header.append(' ');
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        if (text.length > MOST_HEADER_BYTES) {
            throw new IOException(file + " cannot be written: its header would have " + text.length
                    + " bytes, the format allows " + MOST_HEADER_BYTES);
        }
        try (AtomicFile target = AtomicFile.create(file);
                OutputStream out = new CheckedOutputStream(target.stream(), sum)) {
            ByteBuffer chunk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
            out.write(chunk.putLong(text.length).array(), 0, 8);
            out.write(text, 0, text.length);
            chunk.clear();
            for (Tensor tensor : tensors.values()) {
                if (tensor.values instanceof Bytes bytes) {
                    out.write(chunk.array(), 0, chunk.position());
                    chunk.clear();
                    write(bytes, out);
                    continue;
                }
                int count = (int) (tensor.bytes() / (tensor.single() ? 4 : 8));
                for (int i = 0; i < count; i++) {
                    if (tensor.single()) {
                        chunk.putFloat(((float[]) tensor.values)[i]);
                    } else {
                        chunk.putDouble(((double[]) tensor.values)[i]);
                    }
                    if (chunk.remaining() < Double.BYTES) {
                        out.write(chunk.array(), 0, chunk.position());
                        chunk.clear();
                    }
                }
            }
            out.write(chunk.array(), 0, chunk.position());
            target.commit();
        }
    }

    private static void write(Bytes bytes, OutputStream out) throws IOException {
        byte[] piece = new byte[PIECE];
        long size = bytes.count();
        for (long at = 0; at < size; at += PIECE) {
            int count = (int) Math.min(PIECE, size - at);
            bytes.get(at, piece, count);
            out.write(piece, 0, count);
        }
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read or is not such a file; the message names the file and the reason
     */
    public static Safetensors read(Path file) throws IOException {
        return read(file, null);
    }

    /**
     * The same of a sealed file, which may have tensors of U8; they are not kept. It is read twice: no sink gets anything of a file whose seal
     * is wrong.
     *
     * @throws IOException as above, or by a sink
     */
    public static Safetensors read(Path file, Sinks sinks) throws IOException {
        String kind = sinks == null ? " is not a model file (safetensors): " : " is not a checkpoint (safetensors): ";
        // A stream: a channel would be closed by an interrupt.
        try (InputStream in = Files.newInputStream(file)) {
            long size = Files.size(file);
            if (size < 8) {
                throw new FormatException("it is shorter than a header");
            }
            long length = readFully(in, 8).getLong();
            if (length < 2 || length > MOST_HEADER_BYTES || length > size - 8) {
                throw new FormatException("its header would have " + length + " bytes");
            }
            Object header = Json.parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(readFully(in, (int) length))
                    .toString());
            Safetensors content = new Safetensors();
            List<Entry> entries = content.entries(header, size - 8 - length, sinks != null);
            if (sinks != null) {
                removeSeal(entries);
                requireSeal(file, size);
            }
            content.fill(entries, in, sinks);
            return content;
        } catch (CharacterCodingException e) {
            throw new IOException(file + kind + "its header is not UTF-8", e);
        } catch (FormatException e) {
            throw new IOException(file + kind + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException(file + " cannot be read: " + AtomicFile.reason(e, "it does not exist"), e);
        }
    }

    /** Where a tensor lies, from the first byte behind the header on. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(String name, int width, long[] shape, long count, long begin, long end) {}

    /** Takes the metadata, and returns the tensors in the order in which they lie. */
    private List<Entry> entries(Object header, long dataBytes, boolean withBytes) throws FormatException {
        if (!(header instanceof Map<?, ?> entries)) {
            throw new FormatException("its header is not a JSON object");
        }
        List<Entry> inOrder = new ArrayList<>();
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            String name = (String) entry.getKey();
            if (!(entry.getValue() instanceof Map<?, ?> fields)) {
                throw new FormatException("'" + name + "' is not a JSON object");
            }
            if (name.equals(METADATA)) {
                readMetadata(fields);
            } else {
                inOrder.add(entry(name, fields, withBytes));
            }
        }
        inOrder.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long offset = 0;
        for (Entry entry : inOrder) {
            if (entry.begin != offset || entry.end > dataBytes) {
                throw misplaced(entry.name);
            }
            offset = entry.end;
        }
        if (offset != dataBytes) {
            throw new FormatException("it has " + dataBytes + " bytes of data where its tensors have " + offset);
        }
        return inOrder;
    }

    private void fill(List<Entry> inOrder, InputStream in, Sinks sinks) throws IOException, FormatException {
        for (Entry entry : inOrder) {
            if (entry.width == 1) {
                copy(entry.count, in, sinks.open(metadata, entry.name));
            } else {
                tensors.put(entry.name, new Tensor(entry.shape, values(entry, in)));
            }
        }
    }

    private static void removeSeal(List<Entry> inOrder) throws FormatException {
        Entry last = inOrder.isEmpty() ? null : inOrder.remove(inOrder.size() - 1);
        if (last == null || !last.name.equals(SEAL) || last.width != 1 || last.count != Integer.BYTES) {
            throw new FormatException("it does not end in the checksum '" + SEAL + "'");
        }
    }

    private static void requireSeal(Path file, long size) throws IOException, FormatException {
        try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(file), new CRC32C())) {
            byte[] piece = new byte[PIECE];
            for (long left = size - Integer.BYTES; left > 0; ) {
                int n = in.readNBytes(piece, 0, (int) Math.min(PIECE, left));
                if (n == 0) {
                    throw new FormatException("it is truncated");
                }
                left -= n;
            }
            int sum = (int) in.getChecksum().getValue();
            if (readFully(in, Integer.BYTES).getInt() != sum) {
                throw new FormatException("it is damaged: its checksum is not that of its bytes");
            }
        }
    }

    private void readMetadata(Map<?, ?> fields) throws FormatException {
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            if (!(field.getValue() instanceof String value)) {
                throw new FormatException("metadata '" + field.getKey() + "' is not a string");
            }
            metadata.put((String) field.getKey(), value);
        }
    }

    private static Entry entry(String name, Map<?, ?> fields, boolean withBytes) throws FormatException {
        Object dtype = fields.get("dtype");
        boolean bytes = withBytes && "U8".equals(dtype);
        if (!bytes && !"F32".equals(dtype) && !"F64".equals(dtype)) {
            throw new FormatException("'" + name + "' has dtype " + dtype + ", accepted are F32 and F64");
        }
        long[] shape = longs(name, "shape", fields.get("shape"));
        long[] offsets = longs(name, "data_offsets", fields.get("data_offsets"));
        if (fields.size() != 3 || offsets.length != 2) {
            throw new FormatException("'" + name + "' must have dtype, shape and two data_offsets");
        }
        int width = bytes ? 1 : dtype.equals("F32") ? 4 : 8;
        long most = bytes ? Long.MAX_VALUE : Integer.MAX_VALUE - 8;
        long count = 1;
        for (long dimension : shape) {
            if (dimension != 0 && count > most / dimension) {
                throw new FormatException("'" + name + "' is too large");
            }
            count *= dimension;
        }
        if (offsets[1] - offsets[0] != count * width) {
            throw misplaced(name);
        }
        return new Entry(name, width, shape, count, offsets[0], offsets[1]);
    }

    private static FormatException misplaced(String name) {
        return new FormatException("'" + name + "' does not lie where its shape says, or the file is truncated");
    }

    private static void copy(long count, InputStream in, Sink sink) throws IOException, FormatException {
        long at = 0;
        do {
            int n = (int) Math.min(PIECE, count - at);
            sink.put(at, readFully(in, n).array(), n, count);
            at += n;
        } while (at < count);
    }

    private static Object values(Entry entry, InputStream in) throws IOException, FormatException {
        float[] floats = entry.width == 4 ? new float[(int) entry.count] : null;
        double[] doubles = entry.width == 8 ? new double[(int) entry.count] : null;
        int done = 0;
        while (done < entry.count) {
            int n = (int) Math.min(entry.count - done, PIECE);
            ByteBuffer chunk = readFully(in, n * entry.width);
            if (floats != null) {
                chunk.asFloatBuffer().get(floats, done, n);
            } else {
                chunk.asDoubleBuffer().get(doubles, done, n);
            }
            done += n;
        }
        return floats != null ? floats : doubles;
    }

    private static long[] longs(String name, String field, Object value) throws FormatException {
        if (!(value instanceof List<?> list)) {
            throw new FormatException("'" + name + "' has no list " + field);
        }
        long[] result = new long[list.size()];
        for (int i = 0; i < result.length; i++) {
            if (!(list.get(i) instanceof Long number) || number < 0) {
                throw new FormatException("'" + name + "' has " + list.get(i) + " in its " + field);
            }
            result[i] = number;
        }
        return result;
    }

    private static ByteBuffer readFully(InputStream in, int bytes) throws IOException, FormatException {
        byte[] read = in.readNBytes(bytes);
        if (read.length < bytes) {
            throw new FormatException("it is truncated");
        }
        return ByteBuffer.wrap(read).order(ByteOrder.LITTLE_ENDIAN);
    }
}
